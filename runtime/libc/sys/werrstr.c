#include <u.h>
#include <libc.h>

void
werrstr(char *fmt, ...)
{
	char buf[ERRMAX];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	errstr(buf, sizeof buf);
}
