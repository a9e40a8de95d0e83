#include <u.h>
#include <libc.h>
#include "../decimal.h"

/* Does s begin with this word, in letters of any case? */
static int
begins(char *s, char *word)
{
	for(; *word != '\0'; s++, word++)
		if((*s | 0x20) != *word)
			return 0;
	return 1;
}

/* The double next to the number that s begins with; end is behind it, or s if there is none. */
double
strtod(char *s, char **end)
{
	union {
		double d;
		uvlong bits;
	} v;
	Decimal d;
	char *p, *e;
	int any, exp, neg, negexp;

	d.n = 0;
	d.point = 0;
	d.more = 0;
	v.bits = 0;
	p = s;
	while(*p == ' ' || (*p >= '\t' && *p <= '\r'))
		p++;
	neg = *p == '-';
	if(*p == '-' || *p == '+')
		p++;
	e = s;
	if(begins(p, "nan")){
		v.bits = NANBITS;
		e = p+3;
	}else if(begins(p, "inf")){
		v.bits = INFBITS;
		e = p + (begins(p+3, "inity") ? 8 : 3);
	}else{
		any = 0;
		for(; *p >= '0' && *p <= '9'; p++, any = 1)
			_decdigit(&d, *p, 0);
		if(*p == '.')
			for(p++; *p >= '0' && *p <= '9'; p++, any = 1)
				_decdigit(&d, *p, 1);
		if(any){
			e = p;
			if(*p == 'e' || *p == 'E'){
				p++;
				negexp = *p == '-';
				if(*p == '-' || *p == '+')
					p++;
				exp = 0;
				for(; *p >= '0' && *p <= '9'; p++){
					e = p+1;
					if(exp < 100000000)
						exp = exp*10 + (*p-'0');
				}
				d.point += negexp ? -exp : exp;
			}
			v.bits = _decbits(&d);
		}
	}
	if(neg)
		v.bits |= (uvlong)1<<63;
	if(end != nil)
		*end = e;
	return v.d;
}
