#include <u.h>
#include <libc.h>
#include "word.h"

/* Reads no byte of a page behind the one with c, so n may be larger than what there is. */
void*
memchr(void *a, int c, usize n)
{
	uvlong *w, x, z, pattern;
	uchar *p;

	if(n == 0)
		return nil;
	pattern = ONES*(c & 0xFF);
	w = (uvlong*)((uintptr)a & ~(uintptr)(Wordsize-1));
	x = (*w ^ pattern) | BEFORE(a);
	while((z = ZEROS(x)) == 0){
		if((uchar*)++w - (uchar*)a >= n)
			return nil;
		x = *w ^ pattern;
	}
	p = (uchar*)w + FIRST(z);
	return p - (uchar*)a < n ? p : nil;
}
