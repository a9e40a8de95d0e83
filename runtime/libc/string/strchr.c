#include <u.h>
#include <libc.h>
#include "word.h"

char*
strchr(char *s, int c)
{
	uvlong *w, x, y, z, pattern;

	c &= 0xFF;
	pattern = ONES*c;
	w = (uvlong*)((uintptr)s & ~(uintptr)(Wordsize-1));
	x = *w | BEFORE(s);
	y = (*w ^ pattern) | BEFORE(s);
	while((z = ZEROS(x) | ZEROS(y)) == 0){
		x = *++w;
		y = x ^ pattern;
	}
	s = (char*)w + FIRST(z);
	return *(uchar*)s == c ? s : nil;
}
