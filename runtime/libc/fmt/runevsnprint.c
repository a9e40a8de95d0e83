#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* vsnprint into n runes at buf */
int
_runevsnprint(Rune *buf, int n, char *fmt, va_list *args)
{
	Fmt f;

	if(n <= 0)
		return -1;
	_fmtfixed(&f, 1, buf, n);
	f.args = *args;
	dofmt(&f, fmt);
	*(Rune*)f.to = 0;
	return (Rune*)f.to - buf;
}

int
runevsnprint(Rune *buf, int n, char *fmt, va_list args)
{
	return _runevsnprint(buf, n, fmt, &args);
}
