#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Runes as %S shows them. */
int
fmtrunestrcpy(Fmt *f, Rune *s)
{
	int n, max;

	if(s == nil)
		return _fmtcpy(f, "<nil>", 5, 5);
	max = f->flags & FmtPrec ? f->prec : 0x7FFFFFFF;
	for(n = 0; n < max && s[n] != 0; n++)
		;
	return _fmtrcpy(f, s, n);
}
