#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL int
runesprint(Rune *buf, char *fmt, ...)
{
	va_list args;
	int result;

	va_startfmt(args, fmt);
	result = _runevsnprint(buf, 256, fmt, &args);
	va_end(args);
	return result;
}
