#include <u.h>
#include <libc.h>
#include <bio.h>
#include <elf9va.h>
#include "bioimpl.h"

GENERAL int
Bprint(Biobufhdr *b, char *fmt, ...)
{
	va_list arg;
	int n;

	va_startfmt(arg, fmt);
	n = _Bvprint(b, fmt, &arg);
	va_end(arg);
	return n;
}
