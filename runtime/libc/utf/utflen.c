#include <u.h>
#include <libc.h>

int
utflen(char *s)
{
	int n;
	Rune r;

	for(n = 0; *s != '\0'; n++)
		if(*(uchar*)s < Runeself)
			s++;
		else
			s += chartorune(&r, s);
	return n;
}
