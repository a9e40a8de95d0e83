#include <u.h>
#include <libc.h>

/* Seconds since 1970.  Of the zone only tzoff counts: old programs set neither tz nor nsec. */
long
tm2sec(Tm *tm)
{
	Tm t;

	t = *tm;
	t.nsec = 0;
	t.tz = nil;
	return tmnorm(&t);
}
