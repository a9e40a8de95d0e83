#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
print(char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = _vfprint(1, fmt, &args);
	va_end(args);
	return result;
}
