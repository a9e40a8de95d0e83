#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL Rune*
runesmprint(char *fmt, ...)
{
	va_list args;
	Rune *p;

	va_startfmt(args, fmt);
	p = _runevsmprint(fmt, &args);
	va_end(args);
	return p;
}
