#include <u.h>
#include <libc.h>

/* Seconds of processor time, those of dead children included. */
double
cputime(void)
{
	long t[4];

	times(t);
	return (t[0]+t[1]+t[2]+t[3]) / 1000.0;
}
