#include <u.h>
#include <libc.h>

/* 0 to 1, without 1; 62 bits of randomness. */
double
frand(void)
{
	double norm, x;

	norm = 1.0/(1u<<31);
	do{
		x = lrand()*norm;
		x = (x + lrand())*norm;
	}while(x >= 1);
	return x;
}
