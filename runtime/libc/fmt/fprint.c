#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
fprint(int fd, char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = _vfprint(fd, fmt, &args);
	va_end(args);
	return result;
}
