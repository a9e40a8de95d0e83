#include <u.h>
#include <libc.h>
#include "fmtdef.h"

Rune*
runesmprint(char *fmt, ...)
{
	va_list args;
	Rune *p;

	va_start(args, fmt);
	p = _runevsmprint(fmt, &args);
	va_end(args);
	return p;
}
