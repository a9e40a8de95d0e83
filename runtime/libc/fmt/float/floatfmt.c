#include <u.h>
#include <libc.h>
#include "../fmtdef.h"

enum
{
	Defprec = 6,
	Maxprec = 30,
};

/* p with n digits behind the point; there may be fewer in d, and zeros before them */
static char*
fixed(char *p, Digits *d, int n)
{
	int i, place;

	i = 0;
	for(place = d->exp > 0 ? d->exp : 0; place >= -n; place--){
		if(place == -1)
			*p++ = '.';
		*p++ = place <= d->exp && i < d->n ? d->s[i++] : '0';
	}
	return p;
}

/* The verbs e E f g G; the flag 0 means blanks, as on Plan 9. */
int
_floatfmt(Fmt *f)
{
	union {
		double d;
		uvlong bits;
	} v;
	char buf[1+310+1+Maxprec+8], *p, *point;
	Digits d;
	int prec, style, exp, strip, sharp;

	v.d = va_arg(f->args, double);
	prec = Defprec;
	if(f->flags & FmtPrec)
		prec = f->prec < Maxprec ? f->prec : Maxprec;
	if(prec < 0)
		prec = 0;
	p = buf;
	if(v.bits>>63)
		*p++ = '-';
	else if(f->flags & FmtSign)
		*p++ = '+';
	else if(f->flags & FmtSpace)
		*p++ = ' ';
	if((v.bits>>52 & 0x7FF) == 0x7FF){
		memmove(p, v.bits<<12 ? "NaN" : "Inf", 3);
		p += 3;
		goto Out;
	}

	sharp = f->flags & FmtSharp;
	strip = 0;
	style = f->r | 0x20;
	if(style == 'f')
		_fltdigits(&d, v.bits, prec, 1);
	else{
		if(style == 'g' && prec > 0)
			prec--;
		_fltdigits(&d, v.bits, prec+1, 0);
		if(style == 'g'){
			strip = !sharp;
			if(d.exp >= -4 && d.exp <= prec){
				style = 'f';
				prec -= d.exp;
			}
		}
	}
	exp = d.exp;
	if(style != 'f')
		d.exp = 0;
	point = fixed(p, &d, prec);
	if(strip && prec > 0){
		while(point[-1] == '0')
			point--;
		if(point[-1] == '.')
			point--;
	}
	p = point;
	if(sharp && prec == 0)
		*p++ = '.';
	if(style != 'f'){
		*p++ = f->r == 'E' || f->r == 'G' ? 'E' : 'e';
		*p++ = exp < 0 ? '-' : '+';
		if(exp < 0)
			exp = -exp;
		if(exp >= 100)
			*p++ = '0' + exp/100;
		*p++ = '0' + exp/10%10;
		*p++ = '0' + exp%10;
	}
Out:
	f->flags &= FmtWidth|FmtLeft;
	return _fmtcpy(f, buf, p-buf, p-buf);
}
