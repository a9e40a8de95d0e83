#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* vsmprint into runes */
Rune*
_runevsmprint(char *fmt, va_list *args)
{
	Fmt f;

	if(runefmtstrinit(&f) < 0)
		return nil;
	f.args = *args;
	if(dofmt(&f, fmt) < 0){
		free(f.start);
		return nil;
	}
	return runefmtstrflush(&f);
}

Rune*
runevsmprint(char *fmt, va_list args)
{
	return _runevsmprint(fmt, &args);
}
