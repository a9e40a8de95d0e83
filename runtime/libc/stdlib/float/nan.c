#include <u.h>
#include <libc.h>

typedef union Bits Bits;
union Bits
{
	double	d;
	uvlong	u;
};

enum
{
	Exp = 0x7ff,
};

double
NaN(void)
{
	Bits v;

	v.u = (uvlong)Exp<<52 | 1;
	return v.d;
}

int
isNaN(double x)
{
	Bits v;

	v.d = x;
	return (v.u & ~(1ULL<<63)) > (uvlong)Exp<<52;
}

double
Inf(int sign)
{
	Bits v;

	v.u = (uvlong)Exp<<52;
	if(sign < 0)
		v.u |= 1ULL<<63;
	return v.d;
}

/* Any infinity for 0, else one of that sign. */
int
isInf(double x, int sign)
{
	Bits v;

	v.d = x;
	if((v.u & ~(1ULL<<63)) != (uvlong)Exp<<52)
		return 0;
	return sign == 0 || (sign < 0) == (int)(v.u>>63);
}
