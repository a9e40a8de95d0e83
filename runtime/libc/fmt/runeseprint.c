#include <u.h>
#include <libc.h>
#include "fmtdef.h"

Rune*
runeseprint(Rune *buf, Rune *e, char *fmt, ...)
{
	va_list args;
	Rune *p;

	va_start(args, fmt);
	p = _runevseprint(buf, e, fmt, &args);
	va_end(args);
	return p;
}
