#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

/* Does not write the NUL: s_terminate does. */
void
s_putc(String *s, int c)
{
	_sown(s, "s_putc");
	if(s->ptr >= s->end)
		s_grow(s, 2);
	*s->ptr++ = c;
}
