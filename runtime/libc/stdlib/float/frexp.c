#include <u.h>
#include <libc.h>

typedef union Bits Bits;
union Bits
{
	double	d;
	uvlong	u;
};

/* x is the result, 0.5 to 1, times 2^*e; what has no exponent is its own result. */
double
frexp(double x, int *e)
{
	Bits v;
	int n;

	v.d = x;
	n = v.u>>52 & 0x7ff;
	*e = 0;
	if(x == 0 || n == 0x7ff)
		return x;
	if(n == 0){
		v.d *= 0x1p64;
		n = (int)(v.u>>52 & 0x7ff) - 64;
	}
	*e = n - 1022;
	v.u = (v.u & ~(0x7ffULL<<52)) | 1022ULL<<52;
	return v.d;
}

static double
power2(int n)
{
	Bits v;

	v.u = (uvlong)(n+1023) << 52;
	return v.d;
}

/* x times 2^n, rounded once: the steps before the last one are exact. */
double
ldexp(double x, int n)
{
	int i;

	for(i = 0; i < 3 && n > 1023; i++){
		x *= power2(1023);
		n -= 1023;
	}
	for(i = 0; i < 3 && n < -1022; i++){
		x *= power2(-1022+53);
		n += 1022-53;
	}
	if(n > 1023)
		n = 1023;
	if(n < -1022)
		n = -1022;
	return x*power2(n);
}
