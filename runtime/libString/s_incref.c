#include <u.h>
#include <libc.h>
#include <String.h>

String*
s_incref(String *s)
{
	lock(s);
	s->ref++;
	unlock(s);
	return s;
}
