#include <u.h>
#include <libc.h>
#include <thread.h>
#include <elf9va.h>

/* The receiver frees what comes. */
GENERAL int
chanprint(Channel *c, char *fmt, ...)
{
	va_list arg;
	char *s;
	int n;

	va_startfmt(arg, fmt);
	s = _vsmprint(fmt, &arg);
	va_end(arg);
	if(s == nil)
		sysfatal("chanprint: %r");
	n = sendp(c, s);
	if(n != 1)
		free(s);
	return n;
}
