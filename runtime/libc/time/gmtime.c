#include <u.h>
#include <libc.h>

/* The Tm stays until the next call. */
Tm*
gmtime(long t)
{
	static Tm tm;

	return tmtime(&tm, t, nil);
}
