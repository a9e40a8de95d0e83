#include <u.h>
#include <libc.h>

enum
{
	Max = 0x7fffffff,
};

/* 0 to n-1, each as often: numbers that would make some more frequent are drawn again. */
long
lnrand(long n)
{
	long v;

	if(n < 0)
		return n;
	do
		v = lrand();
	while(v <= Max%n);
	return v % n;
}

int
nrand(int n)
{
	return n == 1 ? 0 : lnrand(n);
}
