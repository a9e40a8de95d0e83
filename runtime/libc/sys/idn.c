#include <u.h>
#include <libc.h>

/* Names of domains in any script, as RFC 3492 (Punycode) writes them in ASCII. */
enum
{
	Base = 36,
	Tmin = 1,
	Tmax = 26,
	Skew = 38,
	Damp = 700,
	Bias = 72,
	First = 0x80,
	Maxlabel = 256,	/* runes */
};

static uint
adapt(uint delta, uint n, int first)
{
	uint k;

	delta = first ? delta/Damp : delta/2;
	delta += delta/n;
	for(k = 0; delta > (Base-Tmin)*Tmax/2; k += Base)
		delta /= Base-Tmin;
	return k + (Base-Tmin+1)*delta/(delta+Skew);
}

static uint
threshold(uint k, uint bias)
{
	if(k <= bias)
		return Tmin;
	return k >= bias+Tmax ? Tmax : k-bias;
}

static int
encode(Rune *r, uint n, char *to, int max)
{
	static char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint next, bias, done, basic, i, k, t, q, m;
	uvlong delta;
	int out;

	out = 0;
	for(i = 0; i < n; i++)
		if(r[i] < First){
			if(max-out < 2)
				return -1;
			to[out++] = r[i];
		}
	basic = done = out;
	if(basic > 0)
		to[out++] = '-';
	next = First;
	bias = Bias;
	delta = 0;
	while(done < n){
		m = ~0;
		for(i = 0; i < n; i++)
			if(r[i] >= next && r[i] < m)
				m = r[i];
		delta += (uvlong)(m-next)*(done+1);
		next = m;
		for(i = 0; i < n; i++){
			if(r[i] < next)
				delta++;
			if(delta > 0xffffffffu)
				return -1;
			if(r[i] != next)
				continue;
			q = delta;
			for(k = Base;; k += Base){
				if(out >= max)
					return -1;
				t = threshold(k, bias);
				if(q < t)
					break;
				to[out++] = digits[t + (q-t)%(Base-t)];
				q = (q-t)/(Base-t);
			}
			to[out++] = isupperrune(r[i]) && q < 26 ? 'A'+q : digits[q];
			bias = adapt(delta, done+1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		next++;
	}
	return out;
}

static int
value(int c)
{
	if(c >= '0' && c <= '9')
		return c - '0' + 26;
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c-'a' : -1;
}

static int
decode(char *s, uint n, Rune *to, uint max)
{
	uint next, bias, out, basic, in, j, k, t;
	uvlong i, old, weight;
	int v;

	basic = 0;
	for(j = 0; j < n; j++)
		if(s[j] == '-')
			basic = j;
	if(basic > max)
		return -1;
	for(out = 0; out < basic; out++){
		if(s[out] & 0x80)
			return -1;
		to[out] = s[out];
	}
	next = First;
	bias = Bias;
	i = 0;
	for(in = basic > 0 ? basic+1 : 0; in < n; out++){
		old = i;
		weight = 1;
		for(k = Base;; k += Base){
			if(in >= n || (v = value(s[in++])) < 0)
				return -1;
			i += v*weight;
			if(i > 0xffffffffu)
				return -1;
			t = threshold(k, bias);
			if(v < t)
				break;
			weight *= Base-t;
			if(weight > 0xffffffffu)
				return -1;
		}
		bias = adapt(i-old, out+1, old == 0);
		if(i/(out+1) > 0xffffffffu-next || out >= max)
			return -1;
		next += i/(out+1);
		i %= out+1;
		memmove(to+i+1, to+i, (out-i)*sizeof *to);
		to[i++] = s[in-1] >= 'A' && s[in-1] <= 'Z' ? toupperrune(next) : tolowerrune(next);
	}
	return out;
}

/* The next label of a name as runes, their number, and the bytes it has; -1 if it is too long. */
static int
label(char *name, Rune *r, int *bytes)
{
	Rune c;
	int n, m;

	n = *bytes = 0;
	while(name[*bytes] != '\0'){
		m = chartorune(&c, name + *bytes);
		if(c == '.')
			break;
		if(n >= Maxlabel)
			return -1;
		r[n++] = c;
		*bytes += m;
	}
	return n;
}

/* Either way: the length of the new name, -1 if it does not fit or cannot be. */
static int
convert(char *name, char *buf, int nbuf, char *(*one)(char*, char*, char*, int, Rune*, int))
{
	Rune r[Maxlabel];
	char *p, *end;
	int n, bytes;

	if(nbuf < 1)
		return -1;
	p = buf;
	end = buf + nbuf-1;
	for(;;){
		n = label(name, r, &bytes);
		if(n < 0)
			return -1;
		p = one(p, end, name, bytes, r, n);
		if(p == nil || p >= end)
			return -1;
		name += bytes;
		if(*name++ == '\0')
			break;
		*p++ = '.';
	}
	*p = '\0';
	return p - buf;
}

static char*
tolocal(char *p, char *end, char *s, int bytes, Rune *r, int n)
{
	if(cistrncmp(s, "xn--", 4) == 0 && (n = decode(s+4, bytes-4, r, Maxlabel)) < 0)
		return nil;
	return seprint(p, end, "%.*S", n, r);
}

static char*
toascii(char *p, char *end, char *s, int bytes, Rune *r, int n)
{
	if(bytes == n)
		return seprint(p, end, "%.*s", bytes, s);
	p = seprint(p, end, "xn--");
	if(p == nil || (n = encode(r, n, p, end-p)) < 0)
		return nil;
	return p + n;
}

/* From xn-- names to their runes. */
int
idn2utf(char *name, char *buf, int nbuf)
{
	return convert(name, buf, nbuf, tolocal);
}

int
utf2idn(char *name, char *buf, int nbuf)
{
	return convert(name, buf, nbuf, toascii);
}
