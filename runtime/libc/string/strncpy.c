#include <u.h>
#include <libc.h>

/* Exactly n bytes: the string, then NULs; none if it is that long. */
char*
strncpy(char *to, char *from, long n)
{
	char *e;

	if(n <= 0)
		return to;
	e = memccpy(to, from, '\0', n);
	if(e != nil)
		memset(e, 0, to+n - e);
	return to;
}
