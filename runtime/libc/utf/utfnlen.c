#include <u.h>
#include <libc.h>

/* Whole runes in the first m bytes. */
int
utfnlen(char *s, long m)
{
	int n;
	char *e;
	Rune r;

	e = s + m;
	for(n = 0; s < e && *s != '\0'; n++)
		if(*(uchar*)s < Runeself)
			s++;
		else{
			if(!fullrune(s, e-s < UTFmax ? e-s : UTFmax))
				break;
			s += chartorune(&r, s);
		}
	return n;
}
