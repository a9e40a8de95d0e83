#include <u.h>
#include <libc.h>

/* Base 64 as MIME has it; what is no digit is passed over when decoding. */

static char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
enc64chr(int v)
{
	return v >= 0 && v < 64 ? digits[v] : 0;
}

int
dec64chr(int c)
{
	if(c >= 'A' && c <= 'Z')
		return c - 'A';
	if(c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if(c >= '0' && c <= '9')
		return c - '0' + 52;
	if(c == '+')
		return 62;
	if(c == '/')
		return 63;
	return -1;
}

/* Returns the length; what has no room is left out, four characters at a time. */
int
enc64x(char *out, int max, uchar *in, int n, int (*chr)(int))
{
	char *p;
	uint v;
	int i;

	p = out;
	for(; n > 0 && p+4 < out+max; n -= 3){
		v = 0;
		for(i = 0; i < 3; i++)
			v = v<<8 | (i < n ? *in++ : 0);
		for(i = 0; i < 4; i++)
			*p++ = i <= n ? chr(v>>(18-6*i)&63) : '=';
	}
	*p = '\0';
	return p - out;
}

int
dec64x(uchar *out, int max, char *in, int n, int (*chr)(int))
{
	uchar *p;
	uint v;
	int c, i, k;

	p = out;
	v = 0;
	i = 0;
	for(; n > 0; n--){
		c = chr(*in++);
		if(c < 0)
			continue;
		v = v<<6 | c;
		if(++i == 4){
			if(p+3 > out+max)
				return p - out;
			*p++ = v>>16;
			*p++ = v>>8;
			*p++ = v;
			i = 0;
		}
	}
	if(i >= 2 && p+i-1 <= out+max){
		v <<= 6*(4-i);
		for(k = 0; k < i-1; k++)
			*p++ = v>>(16-8*k);
	}
	return p - out;
}

int
enc64(char *out, int max, uchar *in, int n)
{
	return enc64x(out, max, in, n, enc64chr);
}

int
dec64(uchar *out, int max, char *in, int n)
{
	return dec64x(out, max, in, n, dec64chr);
}
