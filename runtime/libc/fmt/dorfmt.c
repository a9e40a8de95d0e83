#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* dofmt for a format in runes */
int
dorfmt(Fmt *f, Rune *fmt)
{
	int before;

	before = f->nfmt;
	while(*fmt != 0){
		if(*fmt != '%'){
			if(_fmtput(f, *fmt++) < 0)
				return -1;
			continue;
		}
		fmt = _fmtdispatch(f, fmt+1, 1);
		if(fmt == nil)
			return -1;
	}
	return f->nfmt - before;
}
