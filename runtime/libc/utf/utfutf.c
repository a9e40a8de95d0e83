#include <u.h>
#include <libc.h>

/* strstr that finds a text only where a rune begins */
char*
utfutf(char *a, char *b)
{
	Rune r;
	int step, n;

	step = chartorune(&r, b);
	if(r < Runeself)
		return strstr(a, b);
	n = strlen(b);
	for(; (a = utfrune(a, r)) != nil; a += step)
		if(strncmp(a, b, n) == 0)
			return a;
	return nil;
}
