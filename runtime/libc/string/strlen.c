#include <u.h>
#include <libc.h>
#include "word.h"

/* The whole register is set: GCC makes up calls whose result has 64 bits. */
extern vlong _strlen(char*) __asm__("strlen");

vlong
_strlen(char *s)
{
	uvlong *w, x, z;

	w = (uvlong*)((uintptr)s & ~(uintptr)(Wordsize-1));
	x = *w | BEFORE(s);
	while((z = ZEROS(x)) == 0)
		x = *++w;
	return (char*)w + FIRST(z) - s;
}
