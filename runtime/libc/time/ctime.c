#include <u.h>
#include <libc.h>

/* `Sat Nov  4 12:02:47 EST 2000' and a newline, local time; stays until the next call. */
char*
ctime(long t)
{
	Tm tm;

	return asctime(tmtime(&tm, t, tzload("local")));
}
