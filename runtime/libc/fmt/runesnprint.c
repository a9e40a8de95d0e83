#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL int
runesnprint(Rune *buf, int n, char *fmt, ...)
{
	va_list args;
	int result;

	va_startfmt(args, fmt);
	result = _runevsnprint(buf, n, fmt, &args);
	va_end(args);
	return result;
}
