#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Returns how many bytes there are at buf, the NUL not counted. */
int
_vsnprint(char *buf, int n, char *fmt, va_list *args)
{
	Fmt f;

	if(n <= 0)
		return -1;
	_fmtfixed(&f, 0, buf, n);
	f.args = *args;
	dofmt(&f, fmt);
	*(char*)f.to = '\0';
	return (char*)f.to - buf;
}

int
vsnprint(char *buf, int n, char *fmt, va_list args)
{
	return _vsnprint(buf, n, fmt, &args);
}
