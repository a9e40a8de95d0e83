#include <u.h>
#include <libc.h>
#include "word.h"

/* The whole register is set: GCC makes up calls whose result has 64 bits. */
extern vlong _strlen(char*) __asm__("strlen");

vlong
_strlen(char *s)
{
	uvlong *w, x, y, z;

	w = (uvlong*)((uintptr)s & ~(uintptr)(Wordsize-1));
	x = *w | BEFORE(s);
	z = ZEROS(x);
	if(z == 0 && (uintptr)w%(2*Wordsize) == 0){
		x = *++w;
		z = ZEROS(x);
	}
	/* two words at a time, which are in one page */
	while(z == 0){
		x = *++w;
		y = *++w;
		z = ZEROS(x) | ZEROS(y);
		if(z != 0){
			if(ZEROS(x) != 0)
				w--;
			else
				x = y;
			z = ZEROS(x);
		}
	}
	return (char*)w + FIRST(z) - s;
}
