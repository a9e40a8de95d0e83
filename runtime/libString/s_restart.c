#include <u.h>
#include <libc.h>
#include <String.h>

String*
s_restart(String *s)
{
	s = s_unique(s);
	s->ptr = s->base;
	return s;
}
