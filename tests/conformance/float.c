#include <u.h>
#include <libc.h>
#include "tap.h"

/* Doubles printed and read; float_cases.h is made by mkcases.py. */
typedef struct Case Case;
struct Case
{
	char	*fmt;
	char	*want;
	uvlong	bits;
};

typedef struct Number Number;
struct Number
{
	char	*text;
	uvlong	bits;
};

#include "float_cases.h"

/* floatnote.c */
extern	volatile int	handled;	/* changes at any time */
extern	char	handledtext[], biotext[];
extern	int	handler(void*, char*);

static uvlong
bits(double d)
{
	FPdbleword w;

	w.x = d;
	return (uvlong)w.hi<<32 | w.lo;
}

static double
value(uvlong b)
{
	FPdbleword w;

	w.hi = b>>32;
	w.lo = b;
	return w.x;
}

static void
printed(void)
{
	char buf[512], name[64];
	int i, n;

	for(i = 0; i < nelem(cases); i++){
		n = snprint(buf, sizeof buf, cases[i].fmt, value(cases[i].bits));
		snprint(name, sizeof name, "%s of %llux", cases[i].fmt, cases[i].bits);
		same(buf, cases[i].want, name);
		if(n != strlen(cases[i].want))
			ok(0, "its length");
	}
}

static void
byhand(void)
{
	char buf[400];
	double nan, inf;

	snprint(buf, sizeof buf, "%g %g %g %g", 1.0, 0.1, 100000.0, 1000000.0);
	same(buf, "1 0.1 100000 1e+06", "%g");
	snprint(buf, sizeof buf, "%.0f %.0f %.0f %.0f %.1f", 0.5, 1.5, 2.5, -0.5, 0.25);
	same(buf, "1 2 3 -1 0.3", "halves go up");
	snprint(buf, sizeof buf, "%.1f %.1f %.2f %.1f", 0.05, 4.35, 2.675, 0.125);
	same(buf, "0.1 4.3 2.67 0.1", "what only looks like a half");
	snprint(buf, sizeof buf, "%12g|%-12g|%012g|%+g|% g", 1.5, 1.5, 1.5, 1.5, 1.5);
	same(buf, "         1.5|1.5         |         1.5|+1.5| 1.5", "fields; the flag 0 makes blanks");
	snprint(buf, sizeof buf, "%,f", 1234567.0);
	same(buf, "1234567.000000", "no commas");
	nan = value(0x7FF0000000000001ull);
	inf = value(0x7FF0000000000000ull);
	snprint(buf, sizeof buf, "%g %+g % g %f %E %G", nan, nan, nan, inf, -inf, nan);
	same(buf, "NaN +NaN  NaN Inf -Inf NaN", "NaN and Inf, in any verb");
	snprint(buf, sizeof buf, "%6g|%-6g|%06g", inf, -inf, nan);
	same(buf, "   Inf|-Inf  |   NaN", "in fields");
	snprint(buf, sizeof buf, "%.40f", 1.0);
	same(buf, "1.000000000000000000000000000000", "30 digits at most");
	snprint(buf, sizeof buf, "%.17g", 0.1);
	same(buf, "0.10000000000000001", "17 digits are enough for any");
	snprint(buf, sizeof buf, "%d %g %s %g %d", 1, 2.5, "x", -3.5, 4);
	same(buf, "1 2.5 x -3.5 4", "doubles between others");
	snprint(buf, sizeof buf, "%g %g %g %g %g %g %g %g %g %g", 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0);
	same(buf, "1 2 3 4 5 6 7 8 9 10", "more doubles than registers");
	snprint(buf, 4, "%g", 123456.0);
	same(buf, "123", "cut");
	snprint(buf, sizeof buf, "%f", value(0x7FEFFFFFFFFFFFFFull));
	ok(strlen(buf) == 309+7 && strncmp(buf, "179769313486231570814527423731704356798", 39) == 0, "the largest, exactly");
	is(bits(-0.0), (uvlong)1<<63, "minus zero");
	snprint(buf, sizeof buf, "%g %.0f", -0.0, -0.0);
	same(buf, "-0 -0", "has a sign");
	snprint(buf, sizeof buf, "%.*g|%*.*g", 3, 3.14159, 8, 2, 3.14159);
	same(buf, "3.14|     3.1", "stars");
}

static void
read1(char *text, uvlong want, int used)
{
	char *end, name[64];
	uvlong got;

	got = bits(strtod(text, &end));
	snprint(name, sizeof name, "strtod of %.40q", text);
	if(!ok(got == want && end-text == used, name))
		print("# got %llux %d, want %llux %d\n", got, (int)(end-text), want, used);
}

typedef struct Source Source;
struct Source
{
	char	*s;
	int	n;
};

static int
get(void *a)
{
	Source *s;

	s = a;
	s->n++;
	return *(uchar*)s->s != '\0' ? *(uchar*)s->s++ : -1;
}

static void
char1(char *text, uvlong want, int used)
{
	Source s;
	char name[64];
	uvlong got;

	s.s = text;
	s.n = 0;
	got = bits(charstod(get, &s));
	snprint(name, sizeof name, "charstod of %.40q", text);
	if(!ok(got == want && s.n == used, name))
		print("# got %llux %d, want %llux %d\n", got, s.n, want, used);
}

static void
readback(void)
{
	char buf[64];
	uvlong b, x;
	int i, bad;

	for(i = 0; i < nelem(numbers); i++)
		read1(numbers[i].text, numbers[i].bits, strlen(numbers[i].text));
	for(i = 0; i < nelem(numbers); i++)
		if(numbers[i].text[0] != '.')
			char1(numbers[i].text, numbers[i].bits, strlen(numbers[i].text)+1);

	read1("", 0, 0);
	read1("-", (uvlong)1<<63, 0);
	read1(".", 0, 0);
	read1("abc", 0, 0);
	read1(" \t\n\v\f\r12x", bits(12), 8);
	read1("1e", bits(1), 1);
	read1("1e+", bits(1), 1);
	read1("1.5e-x", bits(1.5), 3);
	read1(".e5", 0, 0);
	read1("0x10", 0, 1);
	read1("1.2.3", bits(1.2), 3);
	read1("--1", (uvlong)1<<63, 0);
	read1("+ 1", 0, 0);
	read1("nan", 0x7FF0000000000001ull, 3);
	read1("-NaNa", 0xFFF0000000000001ull, 4);
	read1("inf", 0x7FF0000000000000ull, 3);
	read1("INFinit", 0x7FF0000000000000ull, 3);
	read1("-Infinityx", 0xFFF0000000000000ull, 9);
	read1("1,000", bits(1), 1);
	char1("12x", bits(12), 3);
	char1("x", 0, 1);
	char1("1e5;", bits(1e5), 4);
	char1("1e+;", bits(1), 4);
	char1("  -2.5 ", bits(-2.5), 7);
	char1("\n5", 0, 1);
	char1("infinity", 0x7FF0000000000000ull, 9);
	char1("-infinity", 0xFFF0000000000000ull, 10);
	char1("inf ", 0x7FF0000000000001ull, 4);
	char1("nan", 0x7FF0000000000001ull, 4);
	is(bits(atof("-1.25e2z")), bits(-125), "atof");
	ok(strtod("2.5", nil) == 2.5, "strtod without an end");

	/* what 17 digits say is the same again */
	bad = 0;
	x = 88172645463325252ull;
	for(i = 0; i < 3000; i++){
		x ^= x<<13;
		x ^= x>>7;
		x ^= x<<17;
		b = x;
		if((b>>52 & 0x7FF) == 0x7FF)
			continue;
		snprint(buf, sizeof buf, "%.17g", value(b));
		if(bits(strtod(buf, nil)) != b)
			bad++;
		snprint(buf, sizeof buf, "%.16e", value(b));
		if(bits(atof(buf)) != b)
			bad++;
	}
	is(bad, 0, "3000 doubles printed and read again");
}

/* a handler prints while doubles are in use */
static void
handlers(void)
{
	double x, y;
	char buf[32];
	int i, save, null;

	quotefmtinstall();
	if(atnotify(handler, 1) == 0)
		sysfatal("atnotify: %r");
	/* what it prints is no TAP */
	save = dup(1, -1);
	null = open("/dev/null", OWRITE);
	if(save < 0 || null < 0 || dup(null, 1) < 0)
		sysfatal("standard output: %r");
	x = 0;
	y = 1;
	for(i = 0; i < 3; i++){
		alarm(1);
		x += y;
		while(handled == i)
			y = (y + 1.5) / 2 + 0.25;
		y = 1;
	}
	alarm(0);
	dup(save, 1);
	close(save);
	close(null);
	is(handled, 3, "notes handled");
	same(handledtext, "alarm   |   42|0xabcdef|α|1,234,567|000000fe", "what a handler prints");
	same(biotext, "7 x y|bad 'a b' 3", "Bprint and Berror, too");
	snprint(buf, sizeof buf, "%g", x);
	same(buf, "3", "doubles are what they were");
	atnotify(handler, 0);
}

void
main(void)
{
	printed();
	byhand();
	readback();
	handlers();
	done();
}
