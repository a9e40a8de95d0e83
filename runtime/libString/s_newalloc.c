#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

/* An empty String that has room for n bytes. */
String*
s_newalloc(int n)
{
	String *s;

	if(n < Short)
		n = Short;
	s = _snew();
	if(s == nil || (s->base = malloc(n)) == nil)
		sysfatal("s_newalloc: %r");
	s->ptr = s->base;
	s->end = s->base + n;
	*s->ptr = '\0';
	return s;
}
