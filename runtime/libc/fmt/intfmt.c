#include <u.h>
#include <libc.h>
#include "fmtdef.h"

static char pairs[] =
	"0001020304050607080910111213141516171819"
	"2021222324252627282930313233343536373839"
	"4041424344454647484950515253545556575859"
	"6061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

/*
 * The verbs d x X o b p, in base 10, 16, 8 or 2.  Zeros before a number are
 * limited as on Plan 9: its buffer takes 66 digits and commas.
 */
int
_intfmt(Fmt *f, int base, int ispointer)
{
	char buf[1+2+64+21+1], *p, *e, *digits;
	uvlong v;
	uint small;
	int n, w, neg, shift;
	ulong flags;

	flags = f->flags;
	if(ispointer){
		v = va_arg(f->args, uintptr);
		flags |= FmtUnsigned;
	}else if(flags & FmtVLong)
		v = va_arg(f->args, vlong);
	else if(flags & FmtUnsigned){
		small = va_arg(f->args, uint);
		if((flags & FmtLong) == 0){
			if(flags & FmtByte)
				small = (uchar)small;
			else if(flags & FmtShort)
				small = (ushort)small;
		}
		v = small;
	}else{
		n = va_arg(f->args, int);
		if((flags & FmtLong) == 0){
			if(flags & FmtByte)
				n = (schar)n;
			else if(flags & FmtShort)
				n = (short)n;
		}
		v = (vlong)n;
	}
	neg = 0;
	if((flags & FmtUnsigned) == 0 && (vlong)v < 0){
		neg = 1;
		v = -v;
	}

	p = e = buf + sizeof buf;
	digits = f->r == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	shift = base == 16 ? 4 : base == 8 ? 3 : 1;
	if(flags & FmtComma){
		n = 0;
		do{
			if(n == 3){
				*--p = ',';
				n = 0;
			}
			*--p = digits[v%base];
			n++;
		}while((v /= base) != 0);
	}else if(base == 10){
		for(; v > 0xFFFFFFFFu; v /= 100){
			w = v % 100;
			p -= 2;
			p[0] = pairs[2*w];
			p[1] = pairs[2*w+1];
		}
		for(small = v; small >= 100; small /= 100){
			w = small % 100;
			p -= 2;
			p[0] = pairs[2*w];
			p[1] = pairs[2*w+1];
		}
		if(small >= 10){
			p -= 2;
			p[0] = pairs[2*small];
			p[1] = pairs[2*small+1];
		}else
			*--p = '0' + small;
	}else
		do
			*--p = digits[v&(base-1)];
		while((v >>= shift) != 0);

	n = e - p;
	for(w = f->prec; n < w && n < Fmtdigits; n++)
		*--p = '0';
	if(neg || flags & (FmtSign|FmtSpace))
		n++;
	if(flags & FmtSharp){
		if(base == 16)
			n += 2;
		else if(base == 8 && *p != '0')
			n++;
		else
			flags &= ~FmtSharp;
	}
	if(flags & FmtZero && (flags & (FmtLeft|FmtPrec)) == 0){
		for(w = f->width; n < w && e-p < Fmtdigits; n++)
			*--p = '0';
		f->width = 0;
	}
	if(flags & FmtSharp){
		if(base == 16)
			*--p = f->r;
		*--p = '0';
	}
	if(neg)
		*--p = '-';
	else if(flags & FmtSign)
		*--p = '+';
	else if(flags & FmtSpace)
		*--p = ' ';
	f->flags &= ~FmtPrec;
	w = f->width - n;
	if(w > 0 && (flags & FmtLeft) == 0 && _fmtpad(f, w) < 0)
		return -1;
	if(_fmtbytes(f, p, n) < 0)
		return -1;
	if(w > 0 && flags & FmtLeft)
		return _fmtpad(f, w);
	return 0;
}
