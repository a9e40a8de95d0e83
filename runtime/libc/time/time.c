#include <u.h>
#include <libc.h>

/* Seconds since 1970. */
long
time(long *p)
{
	long t;

	t = nsec()/1000000000;
	if(p != nil)
		*p = t;
	return t;
}
