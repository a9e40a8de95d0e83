#include <u.h>
#include <libc.h>
#include "fmtdef.h"

char*
seprint(char *buf, char *e, char *fmt, ...)
{
	va_list args;
	char *p;

	va_start(args, fmt);
	p = _vseprint(buf, e, fmt, &args);
	va_end(args);
	return p;
}
