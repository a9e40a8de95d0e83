#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
runesprint(Rune *buf, char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = _runevsnprint(buf, 256, fmt, &args);
	va_end(args);
	return result;
}
