#include <u.h>
#include <libc.h>
#include "fmtdef.h"
#include "quote.h"

static int
quotefmt(Fmt *f, int isrunes)
{
	char *s, *e;
	Rune r, *rs;
	Quote q;
	int i, max, room, pad, left;

	max = 0x7FFFFFFF;
	if((f->flags & FmtPrec) && f->prec >= 0)
		max = f->prec;
	s = nil;
	rs = nil;
	if(isrunes)
		rs = va_arg(f->args, Rune*);
	else
		s = va_arg(f->args, char*);
	if(s == nil && rs == nil)
		return _fmtcpy(f, "<nil>", 5, 5);
	if(f->flush != nil)
		room = 0x7FFFFFFF;
	else if(f->runes)
		room = (Rune*)f->stop - (Rune*)f->to;
	else
		room = (char*)f->stop - (char*)f->to;
	_quotemeasure(&q, isrunes ? (void*)rs : (void*)s, isrunes, max, room, f->flags&FmtSharp, f->runes);
	if(!q.quoted){
		if(isrunes)
			return _fmtrcpy(f, rs, q.nin);
		return _fmtcpy(f, s, q.nin, q.len);
	}

	/* the field's width counts what is put into the buffer, bytes or runes, as on Plan 9 */
	pad = f->width - q.nout;
	left = f->flags & FmtLeft;
	if(!left && _fmtpad(f, pad) < 0)
		return -1;
	if(_fmtput(f, '\'') < 0)
		return -1;
	e = s + q.len;
	for(i = 0; i < q.nin; i++){
		if(isrunes)
			r = *rs++;
		else if(e-s < UTFmax && !fullrune(s, e-s))
			break;	/* a part of a rune at the end is left out, as by %s */
		else
			s += chartorune(&r, s);
		if(r == '\'' && _fmtput(f, r) < 0)
			return -1;
		if(_fmtput(f, r) < 0)
			return -1;
	}
	if(_fmtput(f, '\'') < 0)
		return -1;
	if(left)
		return _fmtpad(f, pad);
	return 0;
}

int
quotestrfmt(Fmt *f)
{
	return quotefmt(f, 0);
}

int
quoterunestrfmt(Fmt *f)
{
	return quotefmt(f, 1);
}

void
quotefmtinstall(void)
{
	_fmtinstall('q', quotestrfmt, 0);
	_fmtinstall('Q', quoterunestrfmt, 0);
}
