#include <u.h>
#include <libc.h>

/* In the zone of /env/timezone, else in GMT.  The Tm stays until the next call. */
Tm*
localtime(long t)
{
	static Tm tm;

	return tmtime(&tm, t, tzload("local"));
}
