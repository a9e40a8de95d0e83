#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL char*
seprint(char *buf, char *e, char *fmt, ...)
{
	va_list args;
	char *p;

	va_startfmt(args, fmt);
	p = _vseprint(buf, e, fmt, &args);
	va_end(args);
	return p;
}
