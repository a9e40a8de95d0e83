#include <u.h>
#include <libc.h>
#include "word.h"

/* Reads no byte of a page behind the one with c, so n may be larger than what there is. */
void*
memchr(void *a, int c, usize n)
{
	uchar *p;
	uvlong z, pattern;

	p = a;
	c &= 0xFF;
	for(; n > 0 && (uintptr)p%Wordsize != 0; n--)
		if(*p++ == c)
			return p-1;
	pattern = ONES*c;
	for(; n >= Wordsize; n -= Wordsize){
		z = *(uvlong*)p ^ pattern;
		z = ZEROS(z);
		if(z != 0)
			return p + FIRST(z);
		p += Wordsize;
	}
	for(; n > 0; n--)
		if(*p++ == c)
			return p-1;
	return nil;
}
