#include <u.h>
#include <libc.h>

/* Base 16; what is no digit is passed over when decoding. */

int
enc16chr(int v)
{
	return v >= 0 && v < 16 ? "0123456789ABCDEF"[v] : 0;
}

int
dec16chr(int c)
{
	if(c >= '0' && c <= '9')
		return c - '0';
	if(c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if(c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Returns the length; what has no room is left out. */
int
enc16(char *out, int max, uchar *in, int n)
{
	char *p;

	p = out;
	for(; n > 0 && p+2 < out+max; n--){
		*p++ = enc16chr(*in>>4);
		*p++ = enc16chr(*in++&15);
	}
	*p = '\0';
	return p - out;
}

int
dec16(uchar *out, int max, char *in, int n)
{
	uchar *p;
	int c, v, odd;

	p = out;
	v = 0;
	odd = 0;
	for(; n > 0; n--){
		c = dec16chr(*in++);
		if(c < 0)
			continue;
		v = v<<4 | c;
		odd = !odd;
		if(!odd){
			if(p >= out+max)
				break;
			*p++ = v;
		}
	}
	return p - out;
}
