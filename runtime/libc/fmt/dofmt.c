#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Formats into f and returns how many bytes or runes that made, -1 if it had to stop. */
int
dofmt(Fmt *f, char *fmt)
{
	char *s;
	Rune r;
	int n, before;

	before = f->nfmt;
	for(;;){
		for(s = fmt; *(uchar*)s < Runeself && *s != '%' && *s != '\0'; s++)
			;
		if(s > fmt){
			if(_fmtbytes(f, fmt, s-fmt) < 0)
				return -1;
			fmt = s;
		}
		if(*fmt == '\0')
			return f->nfmt - before;
		if(*fmt != '%'){
			n = chartorune(&r, fmt);
			if(f->runes){
				if(_fmtput(f, r) < 0)
					return -1;
			}else{
				/* as it stands, even if it is no UTF */
				if((char*)f->stop-(char*)f->to < n && _fmtflush(f, n) < 0)
					return -1;
				if(_fmtbytes(f, fmt, n) < 0)
					return -1;
			}
			fmt += n;
			continue;
		}
		fmt = _fmtdispatch(f, fmt+1, 0);
		if(fmt == nil)
			return -1;
	}
}
