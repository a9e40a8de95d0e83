#include <u.h>
#include <libc.h>
#include <bio.h>
#include <elf9va.h>

/* Tells the function of Blethal, if there is one. */
GENERAL void
Berror(Biobufhdr *b, char *fmt, ...)
{
	char buf[ERRMAX];
	va_list arg;

	if(b->errorf == nil)
		return;
	va_startfmt(arg, fmt);
	_vsnprint(buf, sizeof buf, fmt, &arg);
	va_end(arg);
	b->errorf(buf);
}
