#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* the verbs and flags that need no fmtinstall */
static int
builtin(Fmt *f)
{
	Rune r;
	char c;

	switch(f->r){
	case ' ': case '#': case '+': case ',': case '-':
	case 'h': case 'l': case 'u': case 'z':
		return _flagfmt(f);
	case 'd':
		return _intfmt(f, 10, 0);
	case 'x': case 'X':
		return _intfmt(f, 16, 0);
	case 'o':
		return _intfmt(f, 8, 0);
	case 'b':
		return _intfmt(f, 2, 0);
	case 'p':
		f->r = 'x';
		return _intfmt(f, 16, 1);
	case 's':
		return fmtstrcpy(f, va_arg(f->args, char*));
	case 'S':
		return fmtrunestrcpy(f, va_arg(f->args, Rune*));
	case 'c':
		c = va_arg(f->args, int);
		f->prec = 1;
		return _fmtcpy(f, &c, 1, 1);
	case 'C':
		r = va_arg(f->args, int);
		return _fmtrcpy(f, &r, 1);
	case '%':
		f->prec = 1;
		return _fmtcpy(f, "%", 1, 1);
	case 'r':
		return errfmt(f);
	case 'n':
		if(f->flags & FmtVLong)
			*va_arg(f->args, vlong*) = f->nfmt;
		else if(f->flags & FmtLong)
			*va_arg(f->args, long*) = f->nfmt;
		else if(f->flags & FmtByte)
			*va_arg(f->args, char*) = f->nfmt;
		else if(f->flags & FmtShort)
			*va_arg(f->args, short*) = f->nfmt;
		else
			*va_arg(f->args, int*) = f->nfmt;
		return 0;
	case 'e': case 'E': case 'f': case 'g': case 'G':
		if(_fmtfloat != nil)
			return _fmtfloat(f);
		break;
	}
	return _badfmt(f);
}

/* The verb itself between percent signs: nobody has installed it. */
int
_badfmt(Fmt *f)
{
	Rune r[3];

	r[0] = '%';
	r[1] = f->r;
	r[2] = '%';
	f->prec = 3;
	return _fmtrcpy(f, r, 3);
}

int
_flagfmt(Fmt *f)
{
	switch(f->r){
	case ' ':
		f->flags |= FmtSpace;
		break;
	case '#':
		f->flags |= FmtSharp;
		break;
	case '+':
		f->flags |= FmtSign;
		break;
	case ',':
		f->flags |= FmtComma;
		break;
	case '-':
		f->flags |= FmtLeft;
		break;
	case 'h':
		if(f->flags & FmtShort)
			f->flags |= FmtByte;
		f->flags |= FmtShort;
		break;
	case 'l':
		if(f->flags & FmtLong)
			f->flags |= FmtVLong;
		f->flags |= FmtLong;
		break;
	case 'u':
		f->flags |= FmtUnsigned;
		break;
	case 'z':
		f->flags |= FmtLong|FmtVLong;
		break;
	}
	return 1;
}

static Rune
next(char **p, Rune **rp)
{
	Rune r;

	if(rp != nil)
		return *(*rp)++;
	r = *(uchar*)*p;
	if(r < Runeself)
		(*p)++;
	else
		*p += chartorune(&r, *p);
	return r;
}

/* a number of the field: the first is its width, later ones its precision */
static void
number(Fmt *f, int n)
{
	if(f->flags & FmtWidth){
		f->flags |= FmtPrec;
		f->prec = n;
	}else{
		f->flags |= FmtWidth;
		f->width = n;
	}
}

/* One conversion, from behind its percent sign; returns what follows it, nil to stop. */
void*
_fmtdispatch(Fmt *f, void *fmt, int isrunes)
{
	char *p;
	Rune *rp, r;
	uint n;
	int i;
	Fmts fn;

	p = fmt;
	rp = fmt;
	f->flags = 0;
	f->width = 0;
	f->prec = 0;
	for(;;){
		r = next(&p, isrunes ? &rp : nil);
		f->r = r;
		switch(r){
		case '\0':
			return nil;
		case '.':
			f->flags |= FmtWidth|FmtPrec;
			continue;
		case '*':
			i = va_arg(f->args, int);
			if(i < 0){
				if(f->flags & FmtPrec){
					f->flags &= ~FmtPrec;
					f->prec = 0;
					continue;
				}
				i = -i;
				f->flags |= FmtLeft;
			}
			number(f, i);
			continue;
		case '0':
			if((f->flags & FmtWidth) == 0){
				f->flags |= FmtZero;
				continue;
			}
			/* fall through */
		case '1': case '2': case '3': case '4': case '5':
		case '6': case '7': case '8': case '9':
			n = 0;
			do{
				n = n*10 + (r-'0');
				if(isrunes)
					r = *rp++;
				else
					r = *(uchar*)p++;
			}while(r >= '0' && r <= '9');
			if(isrunes)
				rp--;
			else
				p--;
			number(f, n);
			continue;
		}
		fn = builtin;
		if(r >= Runeself || _fmtascii[r/32] & (1u<<(r%32))){
			fn = _fmtinstalled(r);
			if(fn == nil)
				fn = r < Runeself ? builtin : _badfmt;
		}
		i = fn(f);
		if(i < 0)
			return nil;
		if(i == 0)
			return isrunes ? (void*)rp : (void*)p;
	}
}
