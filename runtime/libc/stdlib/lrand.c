#include <u.h>
#include <libc.h>

/*
 * Additive lagged Fibonacci numbers, x[n] = x[n-607] + x[n-273] modulo 2^31
 * (Mitchell and Reeds).  The first 607 are from a multiplicative generator,
 * x' = 48271*x modulo 2^31-1, whose first twenty are thrown away.  The numbers
 * for a seed are those of Plan 9.
 */
enum
{
	Len = 607,
	Tap = 273,
	Skip = 20,
	Mod = 0x7fffffff,
	Zero = 89482311,	/* the seed that stands for 0, which would stay 0 */
};

static struct
{
	Lock	lk;
	int	seeded;
	int	tap;
	int	feed;
	ulong	x[Len];
} r;

static void
seed(long n)
{
	uvlong x;
	int i;

	n %= Mod;
	if(n < 0)
		n += Mod;
	x = n == 0 ? Zero : n;
	for(i = -Skip; i < Len; i++){
		x = x*48271 % Mod;
		if(i >= 0)
			r.x[i] = x;
	}
	r.tap = 0;
	r.feed = Len - Tap;
	r.seeded = 1;
}

void
srand(long n)
{
	lock(&r.lk);
	seed(n);
	unlock(&r.lk);
}

/* 0 to 2^31-1 */
long
lrand(void)
{
	ulong x;

	lock(&r.lk);
	if(!r.seeded)
		seed(1);
	r.tap = (r.tap + Len-1) % Len;
	r.feed = (r.feed + Len-1) % Len;
	x = (r.x[r.feed] + r.x[r.tap]) & Mod;
	r.x[r.feed] = x;
	unlock(&r.lk);
	return x;
}
