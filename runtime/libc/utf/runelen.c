#include <u.h>
#include <libc.h>

/* how many bytes runetochar makes */
int
runelen(long c)
{
	Rune r;

	r = c;
	if(r < 0x80)
		return 1;
	if(r < 0x800)
		return 2;
	if(r < 0x10000 || r > Runemax)
		return 3;
	return 4;
}
