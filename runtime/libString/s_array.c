#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

/* A String of n bytes that are there already; it cannot grow. */
String*
s_array(char *p, int n)
{
	String *s;

	s = _snew();
	if(s == nil)
		sysfatal("s_array: %r");
	s->base = p;
	s->ptr = p;
	s->end = p+n;
	s->fixed = 1;
	return s;
}
