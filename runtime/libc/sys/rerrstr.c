#include <u.h>
#include <libc.h>

/* errstr exchanges texts, so the second call puts back what the first took. */
void
rerrstr(char *buf, uint n)
{
	char tmp[ERRMAX];

	tmp[0] = '\0';
	errstr(tmp, sizeof tmp);
	snprint(buf, n, "%s", tmp);
	errstr(tmp, sizeof tmp);
}
