#include <u.h>
#include <libc.h>
#include "strtoint.h"

static int
digit(int c)
{
	if(c >= '0' && c <= '9')
		return c - '0';
	if(c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if(c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 99;
}

/*
 * The number at the beginning of s, at most max, behind blanks and a sign: its
 * amount, and whether there was a minus and whether it is more than max.  *end
 * is where it ends, s if there is none.  Base 0 is that of C: 0x, 0, or ten.
 */
uvlong
_strtoint(char *s, char **end, int base, uvlong max, int flags, int *neg, int *over)
{
	char *p, *digits;
	uvlong n;
	int v;

	p = s;
	while(*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	*neg = *p == '-';
	if(*p == '-' || *p == '+')
		p++;
	n = 0;
	*over = 0;
	if(base == 0)
		base = *p != '0' ? 10 : p[1] == 'x' || p[1] == 'X' ? 16 : 8;
	digits = p;
	if(base >= (flags & Nstrict ? 2 : 1) && base <= 36){
		if(base == 16 && *p == '0' && (p[1] == 'x' || p[1] == 'X'))
			if((flags & Nstrict) == 0 || digit(p[2]) < 16)
				p += 2;
		for(digits = p; (v = digit(*p)) < base; p++){
			if(n > max/base || n*base > max-v)
				*over = 1;
			n = n*base + v;
		}
	}
	if(end != nil)
		*end = p == digits ? s : p;
	return n;
}
