#include <u.h>
#include <libc.h>
#include "fmtdef.h"

enum
{
	Base = 1000000000,	/* of a word: nine digits */
	Nword = 90,		/* for the 767 digits of the longest double */
	Fiveto13 = 1220703125,	/* the largest power of five below 2^32 */
};

/*
 * The decimal digits of a finite double, which are exact, then rounded half
 * up, away from zero: n significant ones, or those up to the nth behind the
 * point.  Integers only, so that any library has it and a note handler may
 * use it.
 */
void
_fltdigits(Digits *d, uvlong bits, int n, int behind)
{
	uint word[Nword], top, by;
	uvlong m, x;
	char first[10], *s, *e;
	int exp, five, i, k, nword, ndigit, want;

	m = bits & (((uvlong)1<<52)-1);
	exp = bits>>52 & 0x7FF;
	if(exp == 0)
		exp = 1;
	else
		m |= (uvlong)1<<52;
	exp -= 1023+52;
	if(m == 0){
		d->exp = 0;
		d->n = behind ? n+1 : n;
		memset(d->s, '0', d->n);
		return;
	}

	/* m * 2^exp is an integer, or the integer m * 5^-exp with -exp digits behind the point */
	i = __builtin_ctzll(m);
	m >>= i;
	exp += i;
	five = exp < 0 ? -exp : 0;
	nword = 0;
	for(; m != 0; m /= Base)
		word[nword++] = m%Base;
	for(k = five != 0 ? five : exp; k > 0;){
		if(five == 0){
			i = k < 29 ? k : 29;
			by = 1u << i;
			k -= i;
		}else if(k >= 13){
			by = Fiveto13;
			k -= 13;
		}else
			for(by = 1; k > 0; k--)
				by *= 5;
		x = 0;
		for(i = 0; i < nword; i++){
			x += (uvlong)word[i]*by;
			word[i] = x%Base;
			x /= Base;
		}
		for(; x != 0; x /= Base)
			word[nword++] = x%Base;
	}

	top = word[--nword];
	e = s = first + sizeof first;
	do
		*--s = '0' + top%10;
	while((top /= 10) != 0);
	ndigit = e-s + 9*nword;
	d->exp = ndigit-1 - five;
	want = behind ? d->exp+1 + n : n;

	/* one digit more than wanted */
	k = 0;
	while(k <= want && s < e)
		d->s[k++] = *s++;
	while(k <= want && nword > 0){
		top = word[--nword];
		for(i = 8; i >= 0; i--){
			first[i] = '0' + top%10;
			top /= 10;
		}
		for(i = 0; i < 9 && k <= want; i++)
			d->s[k++] = first[i];
	}
	d->n = want < 0 ? 0 : want;
	if(want < 0)
		return;
	if(k <= want){
		memset(d->s+k, '0', want-k);
		return;
	}
	if(d->s[want] < '5')
		return;
	for(i = want-1; i >= 0; i--){
		if(d->s[i] != '9'){
			d->s[i]++;
			return;
		}
		d->s[i] = '0';
	}
	/* all nines: one digit more, which a number of significant ones has no room for */
	d->exp++;
	if(behind){
		memset(d->s, '0', want+1);
		d->n++;
	}
	d->s[0] = '1';
}
