#include <u.h>
#include <libc.h>
#include "word.h"

/* -1, 0 or 1, by unsigned bytes */
int
strcmp(char *a, char *b)
{
	uvlong x, y, z;
	int i;

	for(;;){
		if(!INPAGE(a) || !INPAGE(b)){
			/* a word may reach into another page */
			x = *(uchar*)a++;
			y = *(uchar*)b++;
			if(x != y)
				return x < y ? -1 : 1;
			if(x == 0)
				return 0;
			continue;
		}
		x = *(Word*)a;
		y = *(Word*)b;
		z = ZEROS(x) | (x ^ y);
		if(z == 0){
			a += Wordsize;
			b += Wordsize;
			continue;
		}
		/* the first byte that differs or ends both */
		i = FIRST(z);
		x = (uchar)(x >> 8*i);
		y = (uchar)(y >> 8*i);
		return x == y ? 0 : x < y ? -1 : 1;
	}
}
