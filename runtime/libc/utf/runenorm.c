#include <u.h>
#include <libc.h>
#include "runenorm.h"

/*
 * Unicode's normal forms, annex 15.  A text is taken apart rune by rune; a
 * starter and the marks on it are put in order, and put together again if
 * that is wanted.  However many marks there are, all are sorted.
 */
enum
{
	SBase = 0xAC00,	/* Hangul's syllables are arithmetic */
	LBase = 0x1100,
	VBase = 0x1161,
	TBase = 0x11A7,
	LCount = 19,
	VCount = 21,
	TCount = 28,
	SCount = LCount*VCount*TCount,

	Maxparts = 4,	/* runes that one becomes */
	Fewmarks = 32,	/* so many need no malloc */
};

typedef struct Source Source;
struct Source
{
	Rune	*r;	/* what is left, of runes or of a text */
	char	*s;
	Rune	part[Maxparts];	/* of the rune before */
	int	n;
	int	i;
};

typedef struct Sink Sink;
struct Sink
{
	Rune	*r;
	char	*s;
	int	room;	/* 0 for the rest once something did not fit */
	int	size;	/* of the whole */
};

/* a starter and its marks; or marks only */
typedef struct Group Group;
struct Group
{
	int	n;
	int	max;
	Rune	*r;
	Rune	few[Fewmarks];
};

static int
class(Rune r)
{
	int c;

	if(r > Runemax)
		return 0;
	c = COMBINING(r);
	return c == JOINS ? 0 : c;
}

/* Can r become one with a starter before it? */
static int
joins(Rune r)
{
	return r <= Runemax && COMBINING(r) == JOINS;
}

/* One step: 0 if r has no parts; the second may be 0. */
static int
split(Rune r, Rune *a, Rune *b)
{
	int lo, hi, mid;
	Rune x;

	if(r < 0xC0)
		return 0;
	if(r-SBase < SCount){
		r -= SBase;
		if(r%TCount != 0){
			*a = SBase + r/TCount*TCount;
			*b = TBase + r%TCount;
		}else{
			*a = LBase + r/(VCount*TCount);
			*b = VBase + r/TCount%VCount;
		}
		return 1;
	}
	lo = 0;
	hi = nelem(narrow);
	while(lo < hi){
		mid = (lo+hi)/2;
		x = narrow[mid][0];
		if(x == r){
			*a = narrow[mid][1];
			*b = narrow[mid][2];
			return 1;
		}
		if(x < r)
			lo = mid+1;
		else
			hi = mid;
	}
	lo = 0;
	hi = nelem(wide);
	while(lo < hi){
		mid = (lo+hi)/2;
		x = wide[mid][0];
		if(x == r){
			*a = wide[mid][1];
			*b = wide[mid][2];
			return 1;
		}
		if(x < r)
			lo = mid+1;
		else
			hi = mid;
	}
	return 0;
}

/* What a and b are together, 0 if nothing. */
static Rune
join(Rune a, Rune b)
{
	int i, lo, hi, mid;
	const ushort *p;

	if(a-LBase < LCount && b-VBase < VCount)
		return SBase + ((a-LBase)*VCount + (b-VBase))*TCount;
	if(a-SBase < SCount && (a-SBase)%TCount == 0 && b > TBase && b < TBase+TCount)
		return a + (b-TBase);
	if(a > 0xFFFF || b > 0xFFFF){
		for(i = 0; i < nelem(wide); i++)
			if(wide[i][1] == a && wide[i][2] == b)
				break;
		if(i == nelem(wide))
			return 0;
		for(lo = 0; lo < nelem(excluded); lo++)
			if(excluded[lo] == wide[i][0])
				return 0;
		return wide[i][0];
	}
	lo = 0;
	hi = nelem(composed);
	while(lo < hi){
		mid = (lo+hi)/2;
		p = narrow[composed[mid]];
		if(p[1] == a && p[2] == b)
			return p[0];
		if(p[1] < a || (p[1] == a && p[2] < b))
			lo = mid+1;
		else
			hi = mid;
	}
	return 0;
}

/* The next part of the source; 0 at its end. */
static Rune
next(Source *s)
{
	Rune r, a, b;
	int i;

	if(s->i < s->n)
		return s->part[s->i++];
	if(s->r != nil){
		r = *s->r;
		if(r != 0)
			s->r++;
	}else if(*s->s == '\0')
		r = 0;
	else
		s->s += chartorune(&r, s->s);

	s->n = 0;
	s->i = 1;
	/* the first part is split again and again, what comes after it is put behind in order */
	while(split(r, &a, &b)){
		r = a;
		if(b == 0)
			continue;
		for(i = s->n; i > 0; i--)
			s->part[i+1] = s->part[i];
		s->part[1] = b;
		s->n++;
	}
	s->part[0] = r;
	s->n++;
	return r;
}

static void
put(Sink *k, Rune r)
{
	int n;

	n = k->r != nil ? 1 : runelen(r);
	k->size += n;
	if(n > k->room){
		k->room = 0;
		return;
	}
	k->room -= n;
	if(k->r != nil)
		*k->r++ = r;
	else
		k->s += runetochar(k->s, &r);
}

/* Adds a rune behind those of its class or a lower one; 0 if there is no memory. */
static int
add(Group *g, Rune r)
{
	Rune *p;
	int i, c;

	if(g->n == g->max){
		p = malloc(2*g->max*sizeof(Rune));
		if(p == nil)
			return 0;
		memmove(p, g->r, g->n*sizeof(Rune));
		if(g->r != g->few)
			free(g->r);
		g->r = p;
		g->max *= 2;
	}
	c = class(r);
	i = g->n++;
	if(c != 0)
		for(; i > 0 && class(g->r[i-1]) > c; i--)
			g->r[i] = g->r[i-1];
	g->r[i] = r;
	return 1;
}

/* Composes the starter g->r[0] with what follows it. */
static void
compose(Group *g)
{
	int i, n, c, last;
	Rune r;

	n = 1;
	last = -1;	/* class of the rune before, of those that stay */
	for(i = 1; i < g->n; i++){
		c = class(g->r[i]);
		r = c > last && (c != 0 || n == 1) ? join(g->r[0], g->r[i]) : 0;
		if(r != 0){
			g->r[0] = r;
			continue;
		}
		last = c;
		g->r[n++] = g->r[i];
	}
	g->n = n;
}

static int
norm(Sink *k, Source *s, int max, int composing)
{
	Group g;
	Rune r;
	int i;

	k->room = max - 1;
	k->size = 0;
	g.r = g.few;
	g.max = Fewmarks;
	r = next(s);
	while(r != 0){
		g.n = 0;
		do{
			if(!add(&g, r))
				break;
			r = next(s);
			while(r != 0 && class(r) != 0 && add(&g, r))
				r = next(s);
			if(!composing || class(g.r[0]) != 0)
				break;
			compose(&g);
			/* a starter may join one that has no marks left */
		}while(g.n == 1 && joins(r) && join(g.r[0], r) != 0);
		for(i = 0; i < g.n; i++)
			put(k, g.r[i]);
	}
	if(g.r != g.few)
		free(g.r);
	if(max > 0){
		if(k->r != nil)
			*k->r = 0;
		else
			*k->s = '\0';
	}
	return k->size;
}

static int
normrunes(Rune *to, Rune *from, int max, int composing)
{
	Sink k;
	Source s;

	memset(&k, 0, sizeof k);
	memset(&s, 0, sizeof s);
	k.r = to;
	s.r = from;
	return norm(&k, &s, max, composing);
}

static int
normutf(char *to, char *from, int max, int composing)
{
	Sink k;
	Source s;

	memset(&k, 0, sizeof k);
	memset(&s, 0, sizeof s);
	k.s = to;
	s.s = from;
	return norm(&k, &s, max, composing);
}

int
runecomp(Rune *to, Rune *from, int max)
{
	return normrunes(to, from, max, 1);
}

int
runedecomp(Rune *to, Rune *from, int max)
{
	return normrunes(to, from, max, 0);
}

int
utfcomp(char *to, char *from, int max)
{
	return normutf(to, from, max, 1);
}

int
utfdecomp(char *to, char *from, int max)
{
	return normutf(to, from, max, 0);
}

/* Does r belong to what comes before it? */
static int
goeson(Rune r)
{
	return r <= Runemax && COMBINING(r) != 0;
}

/* Where the next group begins among n runes; s if that cannot be seen yet. */
Rune*
fullrunenorm(Rune *s, int n)
{
	int i;

	for(i = 1; i < n; i++)
		if(!goeson(s[i]))
			return s+i;
	return s;
}

/* fullrunenorm for n bytes of a text */
char*
fullutfnorm(char *s, int n)
{
	char *p, *e;
	Rune r;
	int w;

	e = s + n;
	if(!fullrune(s, n))
		return s;
	for(p = s + chartorune(&r, s); p < e; p += w){
		if(!fullrune(p, e-p))
			return s;
		w = chartorune(&r, p);
		if(!goeson(r))
			return p;
	}
	return s;
}
