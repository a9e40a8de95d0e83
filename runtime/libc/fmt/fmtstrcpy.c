#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* A text as %s shows it.  With a precision it needs no NUL: no byte behind the last rune is read. */
int
fmtstrcpy(Fmt *f, char *s)
{
	char *p;
	Rune r;
	int n;

	if(s == nil)
		return _fmtcpy(f, "<nil>", 5, 5);
	if(f->flags & FmtPrec){
		p = s;
		for(n = 0; n < f->prec && *p != '\0'; n++)
			if(*(uchar*)p < Runeself)
				p++;
			else
				p += chartorune(&r, p);
		return _fmtcpy(f, s, n, p-s);
	}
	n = strlen(s);
	if(f->flags & FmtWidth)
		return _fmtcpy(f, s, utflen(s), n);
	return _fmtutf(f, s, s+n, n);
}
