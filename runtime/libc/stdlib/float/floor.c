#include <u.h>
#include <libc.h>

/* Without the bits below the point; the sign stays, of zero as well. */
static double
whole(double x)
{
	union
	{
		double	d;
		uvlong	u;
	} v;
	int e;

	v.d = x;
	e = (v.u>>52 & 0x7ff) - 1023;
	if(e < 0)
		v.u &= 1ULL<<63;
	else if(e < 52)
		v.u &= ~0ULL << (52-e);
	return v.d;
}

double
floor(double x)
{
	double n;

	n = whole(x);
	return n > x ? n-1 : n;
}

double
ceil(double x)
{
	return -floor(-x);
}

/* The part behind the point, with the sign of x; of infinity it is 0. */
double
modf(double x, double *ip)
{
	double n;

	n = whole(x);
	*ip = n;
	if(n == x)
		return x < 0 || (x == 0 && 1/x < 0) ? -0.0 : 0.0;
	return x - n;
}
