#include <u.h>
#include <libc.h>
#include "decimal.h"

/*
 * The double next to a decimal number, to even if two are: exactly, with
 * integers only.
 */
typedef unsigned __int128 Wide;

enum
{
	/* 5 to the 771+345 has 2592 bits; a bit or two more when they are aligned */
	Maxword = 84,
};

typedef struct Big Big;
struct Big
{
	int	n;	/* words, the last of which is not 0 */
	uint	w[Maxword];
};

/* Adds the digit c, which is behind the point or not. */
void
_decdigit(Decimal *d, int c, int behind)
{
	if(d->n == 0 && c == '0'){
		if(behind)
			d->point--;
		return;
	}
	if(d->n < Maxdigits)
		d->s[d->n++] = c;
	else if(c != '0')
		d->more = 1;
	if(!behind)
		d->point++;
}

static void
muladd(Big *b, uint by, uint plus)
{
	uvlong x;
	int i;

	x = plus;
	for(i = 0; i < b->n; i++){
		x += (uvlong)b->w[i]*by;
		b->w[i] = x;
		x >>= 32;
	}
	if(x != 0)
		b->w[b->n++] = x;
}

static void
mulpow5(Big *b, int n)
{
	uint by;

	for(; n >= 13; n -= 13)
		muladd(b, 1220703125, 0);
	for(by = 1; n > 0; n--)
		by *= 5;
	muladd(b, by, 0);
}

static int
nbits(Big *b)
{
	if(b->n == 0)
		return 0;
	return 32*b->n - __builtin_clz(b->w[b->n-1]);
}

static void
shift(Big *b, int n)
{
	int i, words;

	words = n/32;
	n %= 32;
	if(n != 0)
		muladd(b, 1u<<n, 0);
	if(words != 0 && b->n != 0){
		for(i = b->n-1; i >= 0; i--)
			b->w[i+words] = b->w[i];
		memset(b->w, 0, words*sizeof b->w[0]);
		b->n += words;
	}
}

static int
less(Big *a, Big *b)
{
	int i;

	if(a->n != b->n)
		return a->n < b->n;
	for(i = a->n-1; i >= 0; i--)
		if(a->w[i] != b->w[i])
			return a->w[i] < b->w[i];
	return 0;
}

static void
sub(Big *a, Big *b)
{
	uvlong x;
	uint borrow;
	int i;

	borrow = 0;
	for(i = 0; i < a->n; i++){
		x = (uvlong)a->w[i] - borrow;
		if(i < b->n)
			x -= b->w[i];
		a->w[i] = x;
		borrow = x>>63;
	}
	while(a->n > 0 && a->w[a->n-1] == 0)
		a->n--;
}

/* The double next to m*2^exp, and a little more if more is set; m has its highest bit set. */
static uvlong
pack(uvlong m, int exp, int more)
{
	uvlong half, rest;
	int drop;

	exp += 63;
	if(exp > 1023)
		return INFBITS;
	drop = 64-53;
	if(exp < -1022){
		drop += -1022 - exp;
		exp = -1023;	/* of a number without the leading 1 */
		if(drop > 64)
			return 0;
		if(drop == 64)
			return m > (uvlong)1<<63 || more ? 1 : 0;
	}
	half = (uvlong)1 << (drop-1);
	rest = m & (half|(half-1));
	m >>= drop;
	if(rest > half || (rest == half && (more || m&1)))
		m++;	/* a carry goes into the exponent, where it belongs */
	if(exp == -1023)
		return m;
	return m + ((uvlong)(exp+1022)<<52);
}

/* a*2^64/b, for a < b and a b that has its highest bit set */
static uvlong
divide(uvlong a, uvlong b, uvlong *rest)
{
	uvlong bh, bl, q, qh, r, p;
	int i;

	bh = b>>32;
	bl = b & 0xFFFFFFFFu;
	qh = 0;
	for(i = 0; i < 2; i++){
		q = a/bh;
		r = a - q*bh;
		while(q>>32 != 0 || q*bl > r<<32){
			q--;
			r += bh;
			if(r>>32 != 0)
				break;
		}
		p = (a<<32) - q*b;
		a = p;
		qh = qh<<32 | q;
	}
	*rest = a;
	return qh;
}

uvlong
_decbits(Decimal *d)
{
	Big num, den;
	uvlong m, t, rest;
	Wide x;
	int exp, i, n;

	while(!d->more && d->n > 0 && d->s[d->n-1] == '0')
		d->n--;
	if(d->n == 0 || d->point < -345)
		return 0;
	if(d->point > 310)
		return INFBITS;
	if(d->more)
		d->s[d->n++] = '1';
	exp = d->point - d->n;

	if(d->n <= 19 && exp >= -19 && exp <= 19){
		m = 0;
		for(i = 0; i < d->n; i++)
			m = m*10 + (d->s[i]-'0');
		t = 1;
		for(i = exp < 0 ? -exp : exp; i > 0; i--)
			t *= 10;
		if(exp >= 0){
			x = (Wide)m*t;
			if(x>>64 == 0){
				n = __builtin_clzll((uvlong)x);
				return pack((uvlong)x<<n, -n, 0);
			}
			n = __builtin_clzll(x>>64);
			x <<= n;
			return pack(x>>64, 64-n, (uvlong)x != 0);
		}
		/* both with their highest bit set, then t/2 <= m < t */
		i = __builtin_clzll(m);
		n = __builtin_clzll(t);
		m <<= i;
		t <<= n;
		exp = n - i;
		rest = 0;
		if(m >= t){
			rest = m&1;
			m >>= 1;
			exp++;
		}
		if(rest == 0){
			m = divide(m, t, &rest);
			return pack(m, exp-64, rest != 0);
		}
		exp = d->point - d->n;
	}

	num.n = 0;
	for(i = 0; i+9 <= d->n; i += 9){
		m = 0;
		for(n = 0; n < 9; n++)
			m = m*10 + (d->s[i+n]-'0');
		muladd(&num, 1000000000, m);
	}
	for(; i < d->n; i++)
		muladd(&num, 10, d->s[i]-'0');
	den.n = 1;
	den.w[0] = 1;
	if(exp > 0)
		mulpow5(&num, exp);
	else
		mulpow5(&den, -exp);

	/* 64 bits of num/den, the first of them 1 */
	n = nbits(&num) - nbits(&den);
	if(n > 0)
		shift(&den, n);
	else
		shift(&num, -n);
	if(less(&num, &den)){
		shift(&num, 1);
		n--;
	}
	m = 0;
	for(i = 0; i < 64; i++){
		m <<= 1;
		if(!less(&num, &den)){
			sub(&num, &den);
			m |= 1;
		}
		shift(&num, 1);
	}
	return pack(m, exp + n - 63, num.n != 0);
}
