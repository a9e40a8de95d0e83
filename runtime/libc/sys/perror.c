#include <u.h>
#include <libc.h>

/* The error string on fd 2, behind s if that is not empty; it is empty then. */
void
perror(const char *s)
{
	char err[ERRMAX];

	err[0] = '\0';
	errstr(err, sizeof err);
	if(s != nil && *s != '\0')
		fprint(2, "%s: %s\n", s, err);
	else
		fprint(2, "%s\n", err);
}
