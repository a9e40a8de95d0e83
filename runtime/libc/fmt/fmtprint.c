#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
fmtprint(Fmt *f, char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = _fmtvprint(f, fmt, &args);
	va_end(args);
	return result;
}
