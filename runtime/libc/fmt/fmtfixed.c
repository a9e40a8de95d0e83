#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* n bytes or runes at buf, one of them for the NUL */
void
_fmtfixed(Fmt *f, int runes, void *buf, int n)
{
	f->runes = runes;
	f->start = buf;
	f->to = buf;
	f->stop = (char*)buf + (vlong)(n-1)*(runes ? sizeof(Rune) : 1);
	f->flush = nil;
	f->farg = nil;
	f->nfmt = 0;
}
