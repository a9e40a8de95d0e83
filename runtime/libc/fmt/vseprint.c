#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Returns where the NUL is, so that the next one can go on there. */
char*
_vseprint(char *buf, char *e, char *fmt, va_list *args)
{
	Fmt f;

	if(e <= buf)
		return nil;
	_fmtfixed(&f, 0, buf, 1);
	f.stop = e - 1;
	f.args = *args;
	dofmt(&f, fmt);
	*(char*)f.to = '\0';
	return f.to;
}

char*
vseprint(char *buf, char *e, char *fmt, va_list args)
{
	return _vseprint(buf, e, fmt, &args);
}
