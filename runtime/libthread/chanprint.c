#include <u.h>
#include <libc.h>
#include <thread.h>

/* The receiver frees what comes. */
int
chanprint(Channel *c, char *fmt, ...)
{
	va_list arg;
	char *s;
	int n;

	va_start(arg, fmt);
	s = vsmprint(fmt, arg);
	va_end(arg);
	if(s == nil)
		sysfatal("chanprint: %r");
	n = sendp(c, s);
	if(n != 1)
		free(s);
	return n;
}
