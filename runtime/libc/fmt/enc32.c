#include <u.h>
#include <libc.h>

/* Base 32 of RFC 4648, without its padding. */

int
enc32chr(int v)
{
	return v >= 0 && v < 32 ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[v] : 0;
}

int
dec32chr(int c)
{
	if(c >= 'A' && c <= 'Z')
		return c - 'A';
	if(c >= 'a' && c <= 'z')
		return c - 'a';
	if(c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

/* Returns the length; -1 if max is too small for it and the NUL. */
int
enc32x(char *out, int max, uchar *in, int n, int (*chr)(int))
{
	char *p;
	uint v;
	int bits;

	if(max <= (8*(vlong)n+4)/5)
		return -1;
	p = out;
	v = 0;
	bits = 0;
	for(; n > 0; n--){
		v = v<<8 | *in++;
		for(bits += 8; bits >= 5; bits -= 5)
			*p++ = chr(v>>(bits-5)&31);
	}
	if(bits > 0)
		*p++ = chr(v<<(5-bits)&31);
	*p = '\0';
	return p - out;
}

/* A character that is no digit counts as the first one; -1 if the length cannot be. */
int
dec32x(uchar *out, int max, char *in, int n, int (*chr)(int))
{
	uchar *p;
	uint v;
	int c, bits;

	if(max+1 < (5*(vlong)n+7)/8 || n%8 == 1 || n%8 == 3 || n%8 == 6)
		return -1;
	p = out;
	v = 0;
	bits = 0;
	for(; n > 0; n--){
		c = chr(*in++);
		v = v<<5 | (c < 0 ? 0 : c);
		bits += 5;
		if(bits >= 8){
			bits -= 8;
			*p++ = v>>bits;
		}
	}
	return p - out;
}

int
enc32(char *out, int max, uchar *in, int n)
{
	return enc32x(out, max, in, n, enc32chr);
}

int
dec32(uchar *out, int max, char *in, int n)
{
	return dec32x(out, max, in, n, dec32chr);
}
