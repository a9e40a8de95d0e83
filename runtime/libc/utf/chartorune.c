#include <u.h>
#include <libc.h>

/*
 * One rune of a text, and how many bytes it has.  Bytes that are no UTF-8
 * are Runeerror, one at a time: overlong forms and what is above Runemax are
 * none, the surrogates D800 to DFFF are runes like any other.
 */
int
chartorune(Rune *r, char *str)
{
	uchar *s;
	uint c, c1, c2, c3;

	s = (uchar*)str;
	c = s[0];
	if(c < Runeself){
		*r = c;
		return 1;
	}
	c1 = s[1] ^ 0x80;
	if(c < 0xC2 || c1 >= 0x40)
		goto Bad;
	if(c < 0xE0){
		*r = (c&0x1F)<<6 | c1;
		return 2;
	}
	c2 = s[2] ^ 0x80;
	if(c2 >= 0x40)
		goto Bad;
	if(c < 0xF0){
		c = (c&0x0F)<<12 | c1<<6 | c2;
		if(c < 0x800)
			goto Bad;
		*r = c;
		return 3;
	}
	c3 = s[3] ^ 0x80;
	if(c > 0xF4 || c3 >= 0x40)
		goto Bad;
	c = (c&0x07)<<18 | c1<<12 | c2<<6 | c3;
	if(c < 0x10000 || c > Runemax)
		goto Bad;
	*r = c;
	return 4;

Bad:
	*r = Runeerror;
	return 1;
}
