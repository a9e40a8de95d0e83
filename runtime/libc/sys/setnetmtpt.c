#include <u.h>
#include <libc.h>

/* The directory of a network: x itself if it is a whole name, else /netx; /net without one. */
void
setnetmtpt(char *net, int n, char *x)
{
	if(x == nil)
		x = "";
	snprint(net, n, "%s%s", *x == '/' ? "" : "/net", x);
}
