#include <u.h>
#include <libc.h>
#include <String.h>

String*
s_copy(char *p)
{
	String *s;
	int n;

	n = strlen(p);
	s = s_newalloc(n+1);
	memmove(s->base, p, n+1);
	s->ptr = s->base + n;
	return s;
}
