#include <u.h>
#include <libc.h>

char*
utfrune(char *s, long c)
{
	int n;
	Rune r;

	if(c < Runesync)
		return strchr(s, c);
	for(; *s != '\0'; s += n){
		if(*(uchar*)s < Runeself){
			n = 1;
			continue;
		}
		n = chartorune(&r, s);
		if(r == c)
			return s;
	}
	return nil;
}
