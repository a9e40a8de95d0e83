#include <u.h>
#include <libc.h>
#include "word.h"

/* -1, 0 or 1, by unsigned bytes */
int
strncmp(char *a, char *b, long n)
{
	uvlong x, y, z;
	int i;

	while(n > 0){
		if(!INPAGE(a) || !INPAGE(b)){
			/* a word may reach into another page */
			x = *(uchar*)a++;
			y = *(uchar*)b++;
			if(x != y)
				return x < y ? -1 : 1;
			if(x == 0)
				return 0;
			n--;
			continue;
		}
		x = *(Word*)a;
		y = *(Word*)b;
		z = ZEROS(x) | (x ^ y);
		if(z == 0){
			a += Wordsize;
			b += Wordsize;
			n -= Wordsize;
			continue;
		}
		/* the first byte that differs or ends both */
		i = FIRST(z);
		x = (uchar)(x >> 8*i);
		y = (uchar)(y >> 8*i);
		return i >= n || x == y ? 0 : x < y ? -1 : 1;
	}
	return 0;
}
