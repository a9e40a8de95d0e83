#include <u.h>
#include <libc.h>

/* Can chartorune read a rune from n bytes?  Their first one says how many it wants. */
int
fullrune(char *s, int n)
{
	uint c;

	if(n <= 0)
		return 0;
	c = *(uchar*)s;
	if(c < 0x80)
		return 1;
	if(c < 0xE0)
		return n >= 2;
	if(c < 0xF0)
		return n >= 3;
	return n >= 4;
}
