#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* The verbs H [ <: as many bytes as the precision says, in base 16, 64 or 32. */
int
encodefmt(Fmt *f)
{
	char buf[128], *s, *p;
	uchar *b;
	int n, size, made;

	if((f->flags & FmtPrec) == 0 || f->prec < 1)
		return fmtstrcpy(f, "<encodefmt>");
	b = va_arg(f->args, uchar*);
	if(b == nil)
		return fmtstrcpy(f, "<nil>");
	n = f->prec;
	if(n > 0x3FFFFFF0)
		return fmtstrcpy(f, "<encodefmt>");
	f->prec = 0;
	f->flags &= ~FmtPrec;
	size = 2*n + 8;
	s = buf;
	if(size > sizeof buf){
		s = malloc(size);
		if(s == nil)
			return fmtstrcpy(f, "<encodefmt>");
	}
	switch(f->r){
	case 'H':
		made = enc16(s, size, b, n);
		break;
	case '<':
		made = enc32(s, size, b, n);
		break;
	case '[':
		made = enc64(s, size, b, n);
		break;
	default:
		made = -1;
		break;
	}
	if(made < 0)
		n = fmtstrcpy(f, "<encodefmt>");
	else{
		if(f->flags & FmtLong && f->r != '[')
			for(p = s; *p != '\0'; p++)
				if(*p >= 'A' && *p <= 'Z')
					*p += 'a' - 'A';
		n = fmtstrcpy(f, s);
	}
	if(s != buf)
		free(s);
	return n;
}
