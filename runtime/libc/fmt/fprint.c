#include <u.h>
#include <libc.h>
#include <elf9va.h>

GENERAL int
fprint(int fd, char *fmt, ...)
{
	va_list args;
	int result;

	va_startfmt(args, fmt);
	result = _vfprint(fd, fmt, &args);
	va_end(args);
	return result;
}
