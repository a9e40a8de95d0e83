#include <u.h>
#include <libc.h>
#include <String.h>

String*
s_append(String *s, char *p)
{
	return s_memappend(s, p, p != nil ? strlen(p) : 0);
}
