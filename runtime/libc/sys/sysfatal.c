#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL void
sysfatal(char *fmt, ...)
{
	va_list arg;

	va_startfmt(arg, fmt);
	_vsysfatal(fmt, &arg);
	va_end(arg);
	abort();
}
