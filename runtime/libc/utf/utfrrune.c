#include <u.h>
#include <libc.h>

char*
utfrrune(char *s, long c)
{
	char *last;
	int n;
	Rune r;

	if(c < Runesync)
		return strrchr(s, c);
	last = nil;
	for(; *s != '\0'; s += n){
		if(*(uchar*)s < Runeself){
			n = 1;
			continue;
		}
		n = chartorune(&r, s);
		if(r == c)
			last = s;
	}
	return last;
}
