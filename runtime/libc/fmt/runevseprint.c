#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* vseprint into runes */
Rune*
_runevseprint(Rune *buf, Rune *e, char *fmt, va_list *args)
{
	Fmt f;

	if(e <= buf)
		return nil;
	_fmtfixed(&f, 1, buf, 1);
	f.stop = e - 1;
	f.args = *args;
	dofmt(&f, fmt);
	*(Rune*)f.to = 0;
	return f.to;
}

Rune*
runevseprint(Rune *buf, Rune *e, char *fmt, va_list args)
{
	return _runevseprint(buf, e, fmt, &args);
}
