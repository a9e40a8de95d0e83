#include <u.h>
#include <libc.h>
#include "../decimal.h"

/*
 * strtod of the characters that f returns.  It cannot go back, so the last
 * one that f was asked for is not part of the number.
 */
double
charstod(int (*f)(void*), void *a)
{
	union {
		double d;
		uvlong bits;
	} v;
	Decimal d;
	char *word;
	int c, any, exp, neg, negexp, signed_;

	d.n = 0;
	d.point = 0;
	d.more = 0;
	do
		c = f(a);
	while(c == ' ' || c == '\t');
	neg = c == '-';
	signed_ = c == '-' || c == '+';
	if(signed_)
		c = f(a);
	if(c == 'i' || c == 'I' || (!signed_ && (c == 'n' || c == 'N'))){
		v.bits = c == 'i' || c == 'I' ? INFBITS : NANBITS;
		for(word = v.bits == INFBITS ? "infinity" : "nan"; *word != '\0'; word++){
			if((c | 0x20) != *word){
				v.bits = NANBITS;
				return v.d;
			}
			c = f(a);
		}
	}else{
		any = 0;
		for(; c >= '0' && c <= '9'; c = f(a), any = 1)
			_decdigit(&d, c, 0);
		if(c == '.'){
			/* a point alone may have an exponent, which is read and is nothing */
			for(c = f(a); c >= '0' && c <= '9'; c = f(a))
				_decdigit(&d, c, 1);
			any = 1;
		}
		if(any && (c == 'e' || c == 'E')){
			c = f(a);
			negexp = c == '-';
			if(c == '-' || c == '+')
				c = f(a);
			exp = 0;
			for(; c >= '0' && c <= '9'; c = f(a))
				if(exp < 100000000)
					exp = exp*10 + (c-'0');
			d.point += negexp ? -exp : exp;
		}
		v.bits = _decbits(&d);
	}
	if(neg)
		v.bits |= (uvlong)1<<63;
	return v.d;
}
