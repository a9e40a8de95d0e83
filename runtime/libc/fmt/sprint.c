#include <u.h>
#include <libc.h>
#include <elf9va.h>

/* Plan 9's own limit: nobody knows how much room there is */
GENERAL int
sprint(char *buf, char *fmt, ...)
{
	va_list args;
	int result;

	va_startfmt(args, fmt);
	result = _vsnprint(buf, 65536, fmt, &args);
	va_end(args);
	return result;
}
