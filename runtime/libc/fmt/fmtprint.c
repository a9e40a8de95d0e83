#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL int
fmtprint(Fmt *f, char *fmt, ...)
{
	va_list args;
	int result;

	va_startfmt(args, fmt);
	result = _fmtvprint(f, fmt, &args);
	va_end(args);
	return result;
}
