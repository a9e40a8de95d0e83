#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL char*
smprint(char *fmt, ...)
{
	va_list args;
	char *p;

	va_startfmt(args, fmt);
	p = _vsmprint(fmt, &args);
	va_end(args);
	return p;
}
