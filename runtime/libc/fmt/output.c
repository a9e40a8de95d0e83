#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/*
 * Putting bytes or runes into a Fmt's buffer.  nfmt counts what was put.
 * A rune goes into the buffer whole: one that does not fit is dropped with
 * all that follows.
 */

/* Make room for len bytes; -1 if there is none. */
int
_fmtflush(Fmt *f, int len)
{
	if(f->flush != nil && f->flush(f) != 0 && (char*)f->to+len <= (char*)f->stop)
		return 0;
	f->stop = f->to;
	return -1;
}

int
_fmtput(Fmt *f, Rune r)
{
	char *t;
	int n;

	if(f->runes){
		if((Rune*)f->to >= (Rune*)f->stop && _fmtflush(f, sizeof(Rune)) < 0)
			return -1;
		*(Rune*)f->to = r;
		f->to = (Rune*)f->to + 1;
		f->nfmt++;
		return 0;
	}
	n = r < Runeself ? 1 : runelen(r);
	t = f->to;
	if((char*)f->stop-t < n){
		if(_fmtflush(f, n) < 0)
			return -1;
		t = f->to;
	}
	if(r < Runeself)
		*t = r;
	else
		runetochar(t, &r);
	f->to = t + n;
	f->nfmt += n;
	return 0;
}

/* n bytes that are a character each when runes are wanted */
int
_fmtbytes(Fmt *f, char *s, int n)
{
	char *t;
	int m;

	if(f->runes){
		for(; n > 0; n--)
			if(_fmtput(f, *(uchar*)s++) < 0)
				return -1;
		return 0;
	}
	while(n > 0){
		t = f->to;
		m = (char*)f->stop - t;
		if(m <= 0){
			if(_fmtflush(f, 1) < 0)
				return -1;
			continue;
		}
		if(m > n)
			m = n;
		f->to = t + m;
		f->nfmt += m;
		n -= m;
		if(m < 32){
			while(--m >= 0)
				*t++ = *s++;
		}else{
			memmove(t, s, m);
			s += m;
		}
	}
	return 0;
}

/* At most n runes of the text from s to e; a part of one at its end is left out. */
int
_fmtutf(Fmt *f, char *s, char *e, int n)
{
	char *p;
	Rune r;

	while(n > 0 && s < e){
		for(p = s; p < e && n > 0 && *(uchar*)p < Runeself; p++)
			n--;
		if(p > s){
			if(_fmtbytes(f, s, p-s) < 0)
				return -1;
			s = p;
			continue;
		}
		if(e-s < UTFmax && !fullrune(s, e-s))
			break;
		s += chartorune(&r, s);
		n--;
		if(_fmtput(f, r) < 0)
			return -1;
	}
	return 0;
}

int
_fmtpad(Fmt *f, int n)
{
	static char blanks[] = "                ";
	int m;

	for(; n > 0; n -= m){
		m = n < sizeof blanks - 1 ? n : sizeof blanks - 1;
		if(_fmtbytes(f, blanks, m) < 0)
			return -1;
	}
	return 0;
}

/* A field that holds n runes, the text of len bytes at s. */
int
_fmtcpy(Fmt *f, char *s, int n, int len)
{
	int pad, left;

	if((f->flags & FmtPrec) && n > f->prec)
		n = f->prec;
	pad = f->width - n;
	left = f->flags & FmtLeft;
	if(pad > 0 && !left && _fmtpad(f, pad) < 0)
		return -1;
	if(_fmtutf(f, s, s+len, n) < 0)
		return -1;
	if(pad > 0 && left)
		return _fmtpad(f, pad);
	return 0;
}

/* A field that holds the n runes at s. */
int
_fmtrcpy(Fmt *f, Rune *s, int n)
{
	int pad, left;

	if((f->flags & FmtPrec) && n > f->prec)
		n = f->prec;
	pad = f->width - n;
	left = f->flags & FmtLeft;
	if(pad > 0 && !left && _fmtpad(f, pad) < 0)
		return -1;
	while(--n >= 0)
		if(_fmtput(f, *s++) < 0)
			return -1;
	if(pad > 0 && left)
		return _fmtpad(f, pad);
	return 0;
}
