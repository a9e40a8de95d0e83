#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL void
werrstr(char *fmt, ...)
{
	char buf[ERRMAX];
	va_list arg;

	va_startfmt(arg, fmt);
	_vsnprint(buf, sizeof buf, fmt, &arg);
	va_end(arg);
	errstr(buf, sizeof buf);
}
