#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL Rune*
runeseprint(Rune *buf, Rune *e, char *fmt, ...)
{
	va_list args;
	Rune *p;

	va_startfmt(args, fmt);
	p = _runevseprint(buf, e, fmt, &args);
	va_end(args);
	return p;
}
