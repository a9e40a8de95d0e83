#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* %r: the error string, which stays as it is */
int
errfmt(Fmt *f)
{
	char err[ERRMAX];

	rerrstr(err, sizeof err);
	return _fmtcpy(f, err, utflen(err), strlen(err));
}
