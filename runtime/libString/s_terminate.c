#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

void
s_terminate(String *s)
{
	_sown(s, "s_terminate");
	if(s->ptr >= s->end)
		s_grow(s, 1);
	*s->ptr = '\0';
}
