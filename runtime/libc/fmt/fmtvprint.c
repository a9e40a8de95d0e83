#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* What a verb's function calls to print more: its own field is over. */
int
_fmtvprint(Fmt *f, char *fmt, va_list *args)
{
	Fmt old;
	int n;

	old.args = f->args;
	f->args = *args;
	f->flags = 0;
	f->width = 0;
	f->prec = 0;
	n = dofmt(f, fmt);
	f->args = old.args;
	f->flags = 0;
	f->width = 0;
	f->prec = 0;
	return n < 0 ? -1 : 0;
}

int
fmtvprint(Fmt *f, char *fmt, va_list args)
{
	return _fmtvprint(f, fmt, &args);
}
