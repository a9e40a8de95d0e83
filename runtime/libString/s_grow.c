#include <u.h>
#include <libc.h>
#include <String.h>

/* Room for at least n bytes more, and for half of all, so that it is not asked for often. */
String*
s_grow(String *s, int n)
{
	char *p;
	int size;

	if(s->fixed)
		sysfatal("s_grow of constant string");
	s = s_unique(s);
	size = s->end - s->base;
	if(n < size/2)
		n = size/2;
	size += n;
	p = realloc(s->base, size);
	if(p == nil)
		sysfatal("s_grow: %r");
	s->ptr = p + (s->ptr - s->base);
	s->base = p;
	s->end = p+size;
	return s;
}
