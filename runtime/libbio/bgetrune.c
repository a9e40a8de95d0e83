#include <u.h>
#include <libc.h>
#include <bio.h>

/* The bytes of a rune that the file ends in are lost. */
long
Bgetrune(Biobufhdr *b)
{
	char s[UTFmax];
	Rune r;
	int c, n;

	c = Bgetc(b);
	if(c < Runeself){
		b->runesize = 1;
		return c;
	}
	n = 0;
	do{
		s[n++] = c;
		if(fullrune(s, n)){
			b->runesize = chartorune(&r, s);
			for(; n > b->runesize; n--)
				Bungetc(b);
			return r;
		}
		c = Bgetc(b);
	}while(c >= 0);
	return c;
}
