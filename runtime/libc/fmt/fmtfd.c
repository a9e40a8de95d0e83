#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Writes what is in the buffer; 0 if that fails, as a flush function says it. */
int
_fmtfdflush(Fmt *f)
{
	long n;

	n = (char*)f->to - (char*)f->start;
	if(n > 0 && write((int)(uintptr)f->farg, f->start, n) != n)
		return 0;
	f->to = f->start;
	return 1;
}

int
fmtfdinit(Fmt *f, int fd, char *buf, int n)
{
	f->runes = 0;
	f->start = buf;
	f->to = buf;
	f->stop = buf + n;
	f->flush = _fmtfdflush;
	f->farg = (void*)(uintptr)fd;
	f->nfmt = 0;
	f->flags = 0;
	f->width = 0;
	f->prec = 0;
	return 0;
}

/* Returns how many bytes were made, -1 if they could not be written. */
int
fmtfdflush(Fmt *f)
{
	if(_fmtfdflush(f) == 0)
		return -1;
	return f->nfmt;
}
