#include <u.h>
#include <libc.h>
#include "word.h"

/* -1, 0 or 1, by unsigned bytes */
int
strncmp(char *a, char *b, long n)
{
	uvlong x;

	while(n >= Wordsize && INPAGE(a) && INPAGE(b)){
		x = *(Word*)a;
		if(x != *(Word*)b)
			break;
		if(ZEROS(x) != 0)
			return 0;
		a += Wordsize;
		b += Wordsize;
		n -= Wordsize;
	}
	for(; n > 0; n--){
		if(*a != *b)
			return *(uchar*)a < *(uchar*)b ? -1 : 1;
		if(*a == '\0')
			return 0;
		a++;
		b++;
	}
	return 0;
}
