#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Returns how many bytes were written, -1 if one was not. */
int
_vfprint(int fd, char *fmt, va_list *args)
{
	char buf[Fmtbufsize];
	Fmt f;
	int n;

	fmtfdinit(&f, fd, buf, sizeof buf);
	f.args = *args;
	n = dofmt(&f, fmt);
	if(n > 0 && _fmtfdflush(&f) == 0)
		return -1;
	return n;
}

int
vfprint(int fd, char *fmt, va_list args)
{
	return _vfprint(fd, fmt, &args);
}
