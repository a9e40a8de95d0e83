#include <u.h>
#include <libc.h>
#include "word.h"

/* -1, 0 or 1, by unsigned bytes */
int
strcmp(char *a, char *b)
{
	uvlong x;

	for(;;){
		while(INPAGE(a) && INPAGE(b)){
			x = *(Word*)a;
			if(x != *(Word*)b)
				break;
			if(ZEROS(x) != 0)
				return 0;
			a += Wordsize;
			b += Wordsize;
		}
		/* a word that differs, or one that may reach into another page */
		do{
			if(*a != *b)
				return *(uchar*)a < *(uchar*)b ? -1 : 1;
			if(*a == '\0')
				return 0;
			a++;
			b++;
		}while(!INPAGE(a) || !INPAGE(b));
	}
}
