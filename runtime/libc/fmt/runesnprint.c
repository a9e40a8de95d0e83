#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
runesnprint(Rune *buf, int n, char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = _runevsnprint(buf, n, fmt, &args);
	va_end(args);
	return result;
}
