#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

String*
_snew(void)
{
	String *s;

	s = malloc(sizeof *s);
	if(s == nil)
		return nil;
	memset(s, 0, sizeof *s);
	s->ref = 1;
	return s;
}

void
_sroom(String *s, int n)
{
	if(s->end-s->ptr < n)
		s_grow(s, n);
}

void
_sown(String *s, char *verb)
{
	if(s->ref > 1)
		sysfatal("can't %s a shared string", verb);
}
