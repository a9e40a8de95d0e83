#include <u.h>
#include <libc.h>
#include <regexp.h>

/* A program may have its own; if that returns, regcomp returns nil. */
void
regerror(char *why)
{
	char buf[ERRMAX+16];

	snprint(buf, sizeof buf, "regerror: %s\n", why);
	write(2, buf, strlen(buf));
	exits("regerr");
}
