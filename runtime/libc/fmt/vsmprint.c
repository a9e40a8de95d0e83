#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* In memory of malloc; nil if there is none, or if a verb failed. */
char*
_vsmprint(char *fmt, va_list *args)
{
	Fmt f;

	if(fmtstrinit(&f) < 0)
		return nil;
	f.args = *args;
	if(dofmt(&f, fmt) < 0){
		free(f.start);
		return nil;
	}
	return fmtstrflush(&f);
}

char*
vsmprint(char *fmt, va_list args)
{
	return _vsmprint(fmt, &args);
}
