#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Plan 9's own limit: nobody knows how much room there is */
int
sprint(char *buf, char *fmt, ...)
{
	va_list args;
	int result;

	va_start(args, fmt);
	result = _vsnprint(buf, 65536, fmt, &args);
	va_end(args);
	return result;
}
