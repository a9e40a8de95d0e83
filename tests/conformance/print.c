#include <u.h>
#include <libc.h>
#include "tap.h"

/*
 * print: what each format makes, by each way of printing; the table is made
 * by mkcases.py, the rest by hand from print(2), fmtinstall(2), quote(2).
 */
enum
{
	None,
	Int,
	Vlong,
	Text,
	Runes,		/* the text, as runes */
	Star,		/* number, then text */
	Starint,	/* number, then 42 */
};

typedef struct Case Case;
struct Case
{
	char	*fmt;
	char	*want;
	int	kind;
	uvlong	number;
	char	*text;
};

#include "print_cases.h"

static Case byhand[] = {
	/* the numbers of the field */
	{"%1.2.3d", "042", Int, 42, nil},
	{"%5-d|", "42   |", Int, 42, nil},
	{"%5 d", "   42", Int, 42, nil},
	{"%.-5d|", "00042|", Int, 42, nil},
	{"%.5-d|", "00042|", Int, 42, nil},
	{"%*d", "   42", Starint, 5, nil},
	{"%*d|", "42   |", Starint, -5, nil},
	{"%.*d", "00042", Starint, 5, nil},
	{"%.*d", "42", Starint, -5, nil},
	{"%0*d", "00042", Starint, 5, nil},
	{"%.*s", "ab", Star, 2, "abcd"},
	{"%.*s", "abcd", Star, -2, "abcd"},
	{"%*s|", "  abcd|", Star, 6, "abcd"},
	{"%*s|", "abcd  |", Star, -6, "abcd"},
	{"%.0d", "0", Int, 0, nil},
	{"%.d", "0", Int, 0, nil},
	{"%05d", "-0042", Int, (uint)-42, nil},
	{"%-05d|", "-42  |", Int, (uint)-42, nil},
	{"%05.3d", "  042", Int, 42, nil},
	{"%+05d", "+0042", Int, 42, nil},
	{"% 05d", " 0042", Int, 42, nil},
	{"%+ d", "+42", Int, 42, nil},
	/* zeros end at 66 digits */
	{"%.66d", "000000000000000000000000000000000000000000000000000000000000000042", Int, 42, nil},
	{"%.100d", "-000000000000000000000000000000000000000000000000000000000000000042", Int, (uint)-42, nil},
	{"%0100d", "000000000000000000000000000000000000000000000000000000000000000042", Int, 42, nil},
	{"%0100ud", "000000000000000000000000000000000000000000000000000000000000000042", Int, 42, nil},
	{"%80.70d", "              000000000000000000000000000000000000000000000000000000000000000042", Int, 42, nil},
	/* bases have signs */
	{"%x", "-5", Int, (uint)-5, nil},
	{"%x", "-80000000", Int, 0x80000000, nil},
	{"%ux", "80000000", Int, 0x80000000, nil},
	{"%#x", "-0x1", Int, (uint)-1, nil},
	{"%#ux", "0xffffffff", Int, (uint)-1, nil},
	{"%#X", "0XAB", Int, 0xAB, nil},
	{"%#o", "0", Int, 0, nil},
	{"%#o", "010", Int, 8, nil},
	{"%#.3o", "010", Int, 8, nil},
	{"%#b", "101", Int, 5, nil},
	{"%#d", "5", Int, 5, nil},
	{"%#x", "0x0", Int, 0, nil},
	{"%#010x", "0x000000ab", Int, 0xab, nil},
	{"%#-10x|", "0xab      |", Int, 0xab, nil},
	{"%o", "-10", Int, (uint)-8, nil},
	{"%b", "-1000", Int, (uint)-8, nil},
	{"%llb", "1111111111111111111111111111111111111111111111111111111111111", Vlong, ((uvlong)1<<61)-1, nil},
	{"%ullb", "1111111111111111111111111111111111111111111111111111111111111111", Vlong, ~(uvlong)0, nil},
	{"%lld", "-9223372036854775808", Vlong, (uvlong)1<<63, nil},
	{"%ulld", "9223372036854775808", Vlong, (uvlong)1<<63, nil},
	{"%ullo", "1777777777777777777777", Vlong, ~(uvlong)0, nil},
	{"%zd", "-1", Vlong, ~(uvlong)0, nil},
	{"%zux", "ffffffffffffffff", Vlong, ~(uvlong)0, nil},
	/* the flag u may be anywhere */
	{"%ud %%", "4294967295 %", Int, (uint)-1, nil},
	{"%lud", "4294967295", Int, (uint)-1, nil},
	{"%uld", "4294967295", Int, (uint)-1, nil},
	{"%uhx", "fffe", Int, (uint)-2, nil},
	{"%hux", "fffe", Int, 0x1fffe, nil},
	{"%hhux", "fe", Int, 0x1fffe, nil},
	{"%hd", "-2", Int, 0x1fffe, nil},
	{"%hhd", "-2", Int, 0x1fffe, nil},
	{"%hhd", "126", Int, 0x7e, nil},
	/* commas */
	{"%,d", "12,345,678", Int, 12345678, nil},
	{"%,d", "-1,000", Int, (uint)-1000, nil},
	{"%,d", "999", Int, 999, nil},
	{"%,x", "1,234,567", Int, 0x1234567, nil},
	{"%,012d", "00012,345,678"+1, Int, 12345678, nil},
	{"%,15d", "     12,345,678", Int, 12345678, nil},
	{"%,llud", "18,446,744,073,709,551,615", Vlong, ~(uvlong)0, nil},
	{"%,ullb", "1,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111", Vlong, ((uvlong)1<<63)|(((uvlong)1<<63)-1), nil},
	/* pointers */
	{"%p", "1234", Vlong, 0x1234, nil},
	{"%#p", "0x1234", Vlong, 0x1234, nil},
	{"%p", "0", Vlong, 0, nil},
	{"%p", "ffffffffffffffff", Vlong, ~(uvlong)0, nil},
	{"%16p", "            1234", Vlong, 0x1234, nil},
	{"%016p", "0000000000001234", Vlong, 0x1234, nil},
	/* characters */
	{"%c", "A", Int, 'A', nil},
	{"%c", "A", Int, 0x100+'A', nil},
	{"%3c|", "  A|", Int, 'A', nil},
	{"%-3c|", "A  |", Int, 'A', nil},
	{"%.0c", "A", Int, 'A', nil},
	{"%.0C|", "|", Int, 'A', nil},
	{"%C", "\xef\xbf\xbd", Int, 0xFFFD, nil},
	/* texts */
	{"%s", "<nil>", Text, 0, nil},
	{"%8s|", "   <nil>|", Text, 0, nil},
	{"%.2s|", "<n|", Text, 0, nil},
	{"%S", "<nil>", Runes, 0, nil},
	{"%5.3s|", "  abc|", Text, 0, "abcdef"},
	{"%.0s|", "|", Text, 0, "abcdef"},
	{"%.s|", "|", Text, 0, "abcdef"},
	{"%3.s|", "   |", Text, 0, "abcdef"},
	/* a byte that is no UTF is Runeerror; one that may begin a rune longer than the text ends it */
	{"%s", "\xef\xbf\xbdzzz", Text, 0, "\xffzzz"},
	{"%5s|", " \xef\xbf\xbdzzz|", Text, 0, "\xffzzz"},
	{"%4s|", "  z|", Text, 0, "z\xff"},
	{"%s|", "a|", Text, 0, "a\xe2\x82"},
	/* percent signs */
	{"%%", "%", None, 0, nil},
	{"%5%|", "    %|", None, 0, nil},
	{"%-5%|", "%    |", None, 0, nil},
	{"%.0%|", "%|", None, 0, nil},
	/* verbs that nobody installed, and what has no verb */
	{"%y|%d", "%y%|1", Int, 1, nil},
	{"%i", "%i%", Int, 1, nil},
	{"%1$d", "%$%d", Int, 1, nil},
	{"%-y|", "%y%|", None, 0, nil},
	{"%6y|", "   %y%|", None, 0, nil},
	{"%-6y|", "%y%   |", None, 0, nil},
	{"%q", "%q%", None, 0, nil},
	{"%\xce\xb1|", "%\xce\xb1%|", None, 0, nil},
	{"%m", "%m%", None, 0, nil},
	{"", "", None, 0, nil},
	{"plain", "plain", None, 0, nil},
	{"\xce\xb1\xe2\x82\xac", "\xce\xb1\xe2\x82\xac", None, 0, nil},
};

/* a format that #pragma varargck need not like */
static char*
any(char *fmt)
{
	return fmt;
}

static void
toutf(char *s, Rune *r)
{
	for(; *r != 0; r++)
		s += runetochar(s, r);
	*s = '\0';
}

static Rune*
torunes(char *s)
{
	static Rune buf[256];
	Rune *r;

	for(r = buf; *s != '\0'; r++)
		s += chartorune(r, s);
	*r = 0;
	return buf;
}

/* F(the first arguments, fmt, what the case says) */
#define PRINT(result, F, ...) do{\
	switch(c->kind){\
	case None:\
		result = F(__VA_ARGS__);\
		break;\
	case Int:\
		result = F(__VA_ARGS__, (int)c->number);\
		break;\
	case Vlong:\
		result = F(__VA_ARGS__, c->number);\
		break;\
	case Text:\
		result = F(__VA_ARGS__, c->text);\
		break;\
	case Runes:\
		result = F(__VA_ARGS__, c->text == nil ? nil : torunes(c->text));\
		break;\
	case Star:\
		result = F(__VA_ARGS__, (int)c->number, c->text);\
		break;\
	case Starint:\
		result = F(__VA_ARGS__, (int)c->number, 42);\
		break;\
	}\
}while(0)

/* into bytes, into memory of its own, into runes: the same, with the lengths that belong to it */
static void
check(Case *c)
{
	char buf[256], back[256], *s, *e;
	Rune runes[256];
	int n, m, good;

	n = m = 0;
	e = s = nil;
	memset(buf, 'X', sizeof buf);
	PRINT(n, snprint, buf, sizeof buf, c->fmt);
	good = strcmp(buf, c->want) == 0 && n == strlen(c->want);
	PRINT(e, seprint, back, back+sizeof back, c->fmt);
	good = good && strcmp(back, c->want) == 0 && e == back+n;
	PRINT(s, smprint, c->fmt);
	good = good && s != nil && strcmp(s, c->want) == 0;
	free(s);
	PRINT(m, runesnprint, runes, nelem(runes), c->fmt);
	toutf(back, runes);
	good = good && strcmp(back, c->want) == 0 && m == utflen(c->want);
	ok(good, c->fmt);
	if(!good)
		print("# got \"%s\" %d, \"%s\" %d\n# want \"%s\"\n", buf, n, back, m, c->want);
}

static void
rooms(void)
{
	char buf[64], *p, *e;
	int i, n, good;
	Rune r[8];
	Rune *re;

	memset(buf, 'x', sizeof buf);
	is(snprint(buf, 0, "abc"), -1, "snprint with no room");
	is(buf[0], 'x', "nothing is written");
	is(snprint(buf, -3, "abc"), -1, "snprint with less than none");
	is(snprint(buf, 1, "abc"), 0, "snprint with room for the NUL");
	same(buf, "", "which is there");
	is(snprint(buf, 4, "abcdef"), 3, "snprint returns what is stored");
	same(buf, "abc", "a cut text");
	is(snprint(buf, 4, "%d", 123456), 3, "a cut number");
	same(buf, "123", "its beginning");
	is(snprint(buf, 4, "%10d|", 1), 3, "cut padding");
	same(buf, "   ", "blanks");
	is(snprint(buf, 4, "ab\xce\xb1z"), 2, "a rune without room");
	same(buf, "ab", "is dropped with what follows");
	is(snprint(buf, 4, "ab%Cz", 0x3b1), 2, "a rune of %C without room");
	same(buf, "ab", "is dropped with what follows");
	is(snprint(buf, 5, "ab%sz", "\xce\xb1"), 4, "a rune that just fits");
	same(buf, "ab\xce\xb1", "stays");
	good = 1;
	for(i = 1; i < 12; i++){
		memset(buf, 'x', sizeof buf);
		n = snprint(buf, i, "%s-%d", "abc", 12345);
		if(n != (i-1 < 9 ? i-1 : 9) || memcmp(buf, "abc-12345", n) != 0 || buf[n] != '\0' || buf[i] != 'x')
			good = 0;
	}
	ok(good, "snprint of every size");
	e = buf + 10;
	p = seprint(buf, e, "abc");
	is(p-buf, 3, "seprint returns where the NUL is");
	p = seprint(p, e, "%d", 4567);
	is(p-buf, 7, "and goes on there");
	p = seprint(p, e, "xyz");
	is(p-buf, 9, "to the end");
	p = seprint(p, e, "more");
	is(p-buf, 9, "and no further");
	same(buf, "abc4567xy", "seprint's text");
	ok(seprint(e, e, "abc") == nil, "seprint at the end");
	ok(seprint(e, e-1, "abc") == nil, "seprint behind it");
	is(sprint(buf, "%d %s", 7, "x"), 3, "sprint");
	same(buf, "7 x", "its text");

	is(runesnprint(r, 4, "abcdef"), 3, "runesnprint returns what is stored");
	ok(r[0] == 'a' && r[2] == 'c' && r[3] == 0, "runes");
	is(runesnprint(r, 0, "abc"), -1, "runesnprint with no room");
	is(runesprint(r, "%C%d", 0x1F600, 5), 2, "runesprint");
	ok(r[0] == 0x1F600 && r[1] == '5' && r[2] == 0, "a large rune");
	re = runeseprint(r, r+3, "xyz");
	ok(re == r+2 && r[1] == 'y' && r[2] == 0, "runeseprint");
	ok(runeseprint(r, r, "xyz") == nil, "runeseprint with no room");
	re = runesmprint("%s", "αβ");
	ok(re != nil && runestrlen(re) == 2 && re[1] == 0x3b2, "runesmprint");
	free(re);
}

static void
ends(void)
{
	char buf[64], *s;
	int n, m;

	is(snprint(buf, sizeof buf, "abc%%%s", "d"), 5, "a percent sign");
	is(snprint(buf, sizeof buf, any("abc%")), 3, "a lone percent sign at the end");
	same(buf, "abc", "makes nothing");
	is(snprint(buf, sizeof buf, any("abc%5")), 3, "an unfinished width");
	is(snprint(buf, sizeof buf, any("abc%l")), 3, "an unfinished flag");
	is(snprint(buf, sizeof buf, any("abc%.*"), 5), 3, "an unfinished precision");
	is(snprint(buf, sizeof buf, "%C", 0), 1, "a NUL counts");
	ok(buf[0] == '\0' && buf[1] == '\0', "and is written");
	is(snprint(buf, sizeof buf, "%C", 0x110000), 3, "a rune above all is Runeerror");
	same(buf, "\xef\xbf\xbd", "its bytes");
	is(snprint(buf, sizeof buf, "%C%C", 0xD800, -1), 6, "a surrogate; a negative rune");
	same(buf, "\xed\xa0\x80\xef\xbf\xbd", "their bytes");
	is(snprint(buf, sizeof buf, "%c", 0xE9), 0, "a byte that is no rune");
	is(snprint(buf, sizeof buf, "\xff-\xe2\x82"), 4, "bytes that are no UTF, in a format");
	ok(memcmp(buf, "\xff-\xe2\x82", 5) == 0, "stay as they are");
	is(snprint(buf, sizeof buf, "ab%ncd%n", &n, &m), 4, "%n prints nothing");
	is(n, 2, "and counts");
	is(m, 4, "all");
	buf[0] = 3;
	buf[1] = 7;
	snprint(buf+8, 20, any("xyz%hhn"), buf);
	ok(buf[0] == 3 && buf[1] == 7, "%hhn stores a byte");
	memset(buf, 'x', sizeof buf);
	snprint(buf, sizeof buf, "%.3s", "ab\0cd");
	same(buf, "ab", "a precision does not pass the NUL");
	n = 0;
	s = smprint("%*s%n", 1000, "x", &n);
	ok(s != nil && strlen(s) == 1000 && n == 1000 && s[999] == 'x' && s[998] == ' ', "smprint grows");
	free(s);
	s = smprint("%s", "");
	ok(s != nil && *s == '\0', "smprint of nothing");
	free(s);
	werrstr("what %d was", 7);
	snprint(buf, sizeof buf, "%r|%12r|%-12r|%.4r");
	same(buf, "what 7 was|  what 7 was|what 7 was  |what", "%r");
	snprint(buf, sizeof buf, "%r");
	same(buf, "what 7 was", "%r keeps it");
}

static void
writes(void)
{
	char buf[1024];
	int fd[2], i, n, sizes[4];

	if(pipe(fd) < 0)
		sysfatal("pipe: %r");
	is(fprint(fd[0], "%d-%s", 12, "ab"), 5, "fprint returns what it wrote");
	is(read(fd[1], buf, sizeof buf), 5, "in one piece");
	ok(memcmp(buf, "12-ab", 5) == 0, "its bytes");
	is(fprint(fd[0], ""), 0, "fprint of nothing");
	is(fprint(fd[0], "%600s", "x"), 600, "fprint of much");
	n = 0;
	for(i = 0; i < 3; i++){
		sizes[i] = read(fd[1], buf+n, sizeof buf - n);
		n += sizes[i];
	}
	ok(sizes[0] == 256 && sizes[1] == 256 && sizes[2] == 88, "256 bytes a piece");
	is(fprint(fd[0], "%255s%C%s", "x", 0x3b1, "y"), 258, "fprint of a rune at the end of a piece");
	sizes[0] = read(fd[1], buf, sizeof buf);
	sizes[1] = read(fd[1], buf, sizeof buf);
	ok(sizes[0] == 255 && sizes[1] == 3, "it is not cut");
	is(fprint(fd[0], any("abc%")), -1, "an unfinished format");
	close(fd[0]);
	close(fd[1]);
	is(fprint(fd[0], "abc"), -1, "fprint on a closed descriptor");
	fails(-1, "fd out of range or not open", "the error is write's");
	is(fprint(fd[0], "%600s", "x"), -1, "more than a piece");
}

typedef struct Seen Seen;
struct Seen
{
	int	r;
	int	width;
	int	prec;
	ulong	flags;
};
static Seen seen;

static int
seefmt(Fmt *f)
{
	seen.r = f->r;
	seen.width = f->width;
	seen.prec = f->prec;
	seen.flags = f->flags;
	return 0;
}

static int
pairfmt(Fmt *f)
{
	int x, y;

	x = va_arg(f->args, int);
	y = va_arg(f->args, int);
	return fmtprint(f, "(%d,%d)", x, y);
}

static int
failfmt(Fmt *f)
{
	USED(f);
	return -1;
}

static int
flagfmt(Fmt *f)
{
	f->flags |= FmtFlag;
	return 1;
}

static int
upfmt(Fmt *f)
{
	char *s;

	for(s = va_arg(f->args, char*); *s != '\0'; s++)
		if(fmtrune(f, toupperrune(*s)) < 0)
			return -1;
	return 0;
}

static int
copyfmt(Fmt *f)
{
	return fmtstrcpy(f, va_arg(f->args, char*));
}

static int
rcopyfmt(Fmt *f)
{
	return fmtrunestrcpy(f, va_arg(f->args, Rune*));
}

static void
installs(void)
{
	char buf[128], *s;
	Rune rbuf[64];
	int i, n;

	is(fmtinstall('y', seefmt), 0, "fmtinstall");
	snprint(buf, sizeof buf, any("[%-+#, 012.7hllzuy]"));
	same(buf, "[]", "a verb that prints nothing");
	is(seen.r, 'y', "sees its name");
	is(seen.width, 12, "its width");
	is(seen.prec, 7, "its precision");
	is(seen.flags, FmtLeft|FmtSign|FmtSharp|FmtComma|FmtSpace|FmtZero|FmtWidth|FmtPrec|FmtShort|FmtLong|FmtVLong|FmtUnsigned, "its flags");
	snprint(buf, sizeof buf, any("%y"));
	ok(seen.width == 0 && seen.prec == 0 && seen.flags == 0, "or none");
	snprint(buf, sizeof buf, any("%.y"));
	is(seen.flags, FmtWidth|FmtPrec, "a point is width and precision");
	snprint(buf, sizeof buf, any("%hhy"));
	is(seen.flags, FmtShort|FmtByte, "hh");
	snprint(buf, sizeof buf, any("%*.*y"), -4, -5);
	ok(seen.width == 4 && seen.flags == (FmtWidth|FmtLeft), "negative stars");

	fmtinstall('P', pairfmt);
	is(snprint(buf, sizeof buf, any("<%P>%d"), 1, 2, 3), 8, "a verb that takes two");
	same(buf, "<(1,2)>3", "arguments go on behind it");
	runesnprint(rbuf, nelem(rbuf), any("<%P>%d"), 1, 2, 3);
	toutf(buf, rbuf);
	same(buf, "<(1,2)>3", "the same in runes");
	fmtinstall(0x2297, pairfmt);
	snprint(buf, sizeof buf, any("%\xe2\x8a\x97"), 4, 5);
	same(buf, "(4,5)", "a verb that is not ASCII");

	fmtinstall('Y', failfmt);
	is(snprint(buf, sizeof buf, any("abc%Ydef")), 3, "a verb that fails stops all");
	same(buf, "abc", "what was made stays");
	ok(smprint(any("abc%Ydef")) == nil, "smprint has none of it");
	is(fprint(1, any("# abc%Ydef")), -1, "nor has fprint");
	fmtinstall('\'', flagfmt);
	snprint(buf, sizeof buf, any("%'y"));
	is(seen.flags, FmtFlag, "a flag of one's own");
	fmtinstall('z', flagfmt);
	snprint(buf, sizeof buf, any("%zy"));
	is(seen.flags, FmtFlag, "instead of print's");
	fmtinstall('U', upfmt);
	snprint(buf, sizeof buf, any("%U"), "abc");
	same(buf, "ABC", "fmtrune");
	fmtinstall('T', copyfmt);
	snprint(buf, sizeof buf, any("%5T|%-5T|%.1T|%T"), "ab", "ab", "ab", nil);
	same(buf, "   ab|ab   |a|<nil>", "fmtstrcpy");
	fmtinstall('R', rcopyfmt);
	snprint(buf, sizeof buf, any("%5R|%-5R|%.1R|%R"), L"ab", L"ab", L"ab", nil);
	same(buf, "   ab|ab   |a|<nil>", "fmtrunestrcpy");
	fmtinstall('b', upfmt);
	snprint(buf, sizeof buf, any("%b"), "x");
	same(buf, "X", "a verb of print's is replaced");
	fmtinstall('b', nil);
	snprint(buf, sizeof buf, any("%b"));
	same(buf, "%b%", "and forgotten");
	is(fmtinstall(0, upfmt), -1, "no verb 0");
	is(fmtinstall(-1, upfmt), -1, "none below");
	is(fmtinstall(0x110000, upfmt), -1, "none above all runes");
	n = 0;
	for(i = 0; i < 80; i++)
		if(fmtinstall(0x4E00+i, upfmt) == 0)
			n++;
	ok(n > 40 && n < 64, "64 verbs at most");
	s = smprint(any("%U"), "still there");
	ok(s != nil && strcmp(s, "STILL THERE") == 0, "those installed before are there");
	free(s);
	is(fmtinstall('U', copyfmt), 0, "a verb that is there is replaced, even so");
}

static int
vcall(Fmt *f, char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = fmtvprint(f, fmt, args);
	va_end(args);
	return n;
}

static void
outputs(void)
{
	Fmt f;
	char buf[8], back[64], *s;
	Rune *r;
	int fd[2], n, total;

	pipe(fd);
	is(fmtfdinit(&f, fd[0], buf, sizeof buf), 0, "fmtfdinit");
	is(fmtprint(&f, "%s", "abc"), 0, "fmtprint");
	is(vcall(&f, "%s", "defghijkl"), 0, "fmtvprint");
	is(fmtrune(&f, 'z'), 0, "fmtrune");
	is(fmtfdflush(&f), 13, "fmtfdflush says how many in all");
	for(total = 0; total < 13; total += n)
		if((n = read(fd[1], back+total, sizeof back - total)) <= 0)
			break;
	ok(total == 13 && memcmp(back, "abcdefghijklz", 13) == 0, "the bytes");
	close(fd[0]);
	close(fd[1]);
	fmtfdinit(&f, fd[0], buf, sizeof buf);
	fmtprint(&f, "abc");
	is(fmtfdflush(&f), -1, "fmtfdflush that fails");

	is(fmtstrinit(&f), 0, "fmtstrinit");
	f.flags = FmtSharp;
	f.width = 9;
	fmtprint(&f, "%d", 5);
	ok(f.flags == 0 && f.width == 0 && f.prec == 0, "fmtprint clears flags and width");
	fmtprint(&f, "-%s", "x");
	s = fmtstrflush(&f);
	same(s, "5-x", "fmtstrflush");
	free(s);
	is(runefmtstrinit(&f), 0, "runefmtstrinit");
	for(n = 0; n < 100; n++)
		fmtprint(&f, "%C", 0x3b1+n%3);
	r = runefmtstrflush(&f);
	ok(runestrlen(r) == 100 && r[98] == 0x3b1+2 && r[99] == 0x3b1, "runefmtstrflush");
	free(r);
	fmtstrinit(&f);
	is(dofmt(&f, "abc%%"), 4, "dofmt returns a count");
	is(dorfmt(&f, L"α%5%"), 7, "dorfmt as well, of bytes");
	s = fmtstrflush(&f);
	same(s, "abc%α    %", "dorfmt's text");
	free(s);
}

static int
onlyx(int c)
{
	return c == 'x';
}

static void
quotes(void)
{
	char buf[64], *s;
	Rune *r;
	int i, good;
	static char *pairs[][2] = {
		{"", "''"},
		{"abc", "abc"},
		{"a b", "'a b'"},
		{"it's", "'it''s'"},
		{"'", "''''"},
		{"\t", "'\t'"},
		{"a\001b", "'a\001b'"},
		{"$x", "$x"},
		{"α β", "'α β'"},
		{"αβ", "αβ"},
		{"''", "''''''"},
	};

	quotefmtinstall();
	for(i = 0; i < nelem(pairs); i++){
		snprint(buf, sizeof buf, "%q", pairs[i][0]);
		good = strcmp(buf, pairs[i][1]) == 0;
		snprint(buf, sizeof buf, "%Q", torunes(pairs[i][0]));
		good = good && strcmp(buf, pairs[i][1]) == 0;
		s = quotestrdup(pairs[i][0]);
		good = good && strcmp(s, pairs[i][1]) == 0;
		free(s);
		r = quoterunestrdup(torunes(pairs[i][0]));
		toutf(buf, r);
		good = good && strcmp(buf, pairs[i][1]) == 0;
		free(r);
		s = unquotestrdup(pairs[i][1]);
		good = good && strcmp(s, pairs[i][0]) == 0;
		free(s);
		r = unquoterunestrdup(torunes(pairs[i][1]));
		toutf(buf, r);
		good = good && strcmp(buf, pairs[i][0]) == 0;
		free(r);
		ok(good, pairs[i][1]);
	}
	snprint(buf, sizeof buf, "%q|%Q", nil, nil);
	same(buf, "<nil>|<nil>", "%q of nil");
	snprint(buf, sizeof buf, "%#q|%#q|%#Q", "abc", "", L"x");
	same(buf, "'abc'|''|'x'", "%#q quotes always");
	snprint(buf, sizeof buf, "%8q|%-8q|%8q|%-8q|", "a b", "a b", "ab", "ab");
	same(buf, "   'a b'|'a b'   |      ab|ab      |", "%q in a field");
	snprint(buf, sizeof buf, "%.2q|%.3q|%.0q|%.9q", "it's", "a b", "abc", "x");
	same(buf, "it|'a b'|''|x", "%q's precision counts runes of the source");
	is(snprint(buf, 6, "%q", "a b c"), 5, "%q with little room");
	same(buf, "'a b'", "quotes come in pairs");
	is(snprint(buf, 3, "%q", "a b"), 1, "%q with no room for quotes");
	same(buf, "a", "stops before they are needed");
	is(snprint(buf, 6, "%q", "it's"), 4, "%q with room for quotes but not for one in them");
	same(buf, "'it'", "stops before it");
	snprint(buf, sizeof buf, "%#q|%#q|%q|%#Q", "a\xe2\x82", "\xff", "\xff bcd", L"\x7fffffff");
	same(buf, "'a'|''|'\xef\xbf\xbd bcd'|'\xef\xbf\xbd'", "%q of what is no UTF; a part of a rune at its end is left out");
	snprint(buf, sizeof buf, "%12q|", "\xff bcd");
	same(buf, "     '\xef\xbf\xbd bcd'|", "such a byte has the width of one");
	is(snprint(buf, 2, "%q", ""), 0, "%q of nothing with room for less");
	s = unquotestrdup("a'b c'd 'e f'");
	same(s, "ab cd 'e f'", "unquotestrdup undoes the first word only");
	free(s);
	doquote = onlyx;
	snprint(buf, sizeof buf, "%q %q %q", "ax", "ay", "a b");
	same(buf, "'ax' ay 'a b'", "doquote");
	doquote = needsrcquote;
	snprint(buf, sizeof buf, "%q %q %q", "$x", "a.b", "a;b");
	same(buf, "'$x' a.b 'a;b'", "needsrcquote");
	doquote = nil;
	good = 1;
	for(i = 1; i < 0x80; i++)
		if(needsrcquote(i) != (i <= ' ' || strchr("`^#*[]=|\\?${}()'<>&;", i) != nil))
			good = 0;
	ok(good && !needsrcquote(0x3b1), "what needsrcquote says of ASCII");
}

static void
encodings(void)
{
	char buf[300], small[8];
	uchar data[256], back[256];
	int i, n, good;

	fmtinstall('H', encodefmt);
	fmtinstall('[', encodefmt);
	fmtinstall('<', encodefmt);
	snprint(buf, sizeof buf, "%.*H|%.3H|%.3lH|%.1H", 4, "\1\xAB\xCD\xEF", "abc", "\xAB\xCD\xEF", "");
	same(buf, "01ABCDEF|616263|abcdef|00", "%H");
	snprint(buf, sizeof buf, "%.1[|%.2[|%.3[|%.4[", "f", "fo", "foo", "foob");
	same(buf, "Zg==|Zm8=|Zm9v|Zm9vYg==", "%[");
	snprint(buf, sizeof buf, "%.1<|%.2<|%.3<|%.4<|%.5<|%.6<", "f", "fo", "foo", "foob", "fooba", "foobar");
	same(buf, "MY|MZXQ|MZXW6|MZXW6YQ|MZXW6YTB|MZXW6YTBOI", "%<");
	snprint(buf, sizeof buf, any("%.2l<|%10.2H|%-10.2H|"), "fo", "fo", "fo");
	same(buf, "mzxq|      666F|666F      |", "flags of them");
	snprint(buf, sizeof buf, any("%H|%.5H"), nil);
	same(buf, "<encodefmt>|<nil>", "what cannot be encoded");
	for(i = 0; i < sizeof data; i++)
		data[i] = i*7;
	good = 1;
	for(n = 0; n < 130; n++){
		i = enc64(buf, sizeof buf, data, n);
		if(i != (n+2)/3*4 || strlen(buf) != i || dec64(back, sizeof back, buf, i) != n || memcmp(back, data, n) != 0)
			good = 0;
		i = enc32(buf, sizeof buf, data, n);
		if(i != (n*8+4)/5 || strlen(buf) != i || dec32(back, sizeof back, buf, i) != n || memcmp(back, data, n) != 0)
			good = 0;
		i = enc16(buf, sizeof buf, data, n);
		if(i != 2*n || strlen(buf) != i || dec16(back, sizeof back, buf, i) != n || memcmp(back, data, n) != 0)
			good = 0;
	}
	ok(good, "encoding and decoding again");
	is(dec64(back, sizeof back, "Zm\n9v", 5), 3, "dec64 passes over what is no digit");
	is(dec32(back, sizeof back, "MZX", 3), -1, "dec32 of a length that cannot be");
	is(enc32(small, 4, data, 3), -1, "enc32 without room");
	is(enc16(small, sizeof small, data, 8), 6, "enc16 makes what fits");
	is(enc64(small, sizeof small, data, 8), 4, "enc64 as well");
	ok(enc64chr(62) == '+' && enc64chr(63) == '/' && enc32chr(26) == '2' && enc16chr(10) == 'A', "digits");
	ok(enc64chr(64) == 0 && enc32chr(32) == 0 && enc16chr(-1) == 0, "no digits");
	ok(dec64chr('/') == 63 && dec32chr('b') == 1 && dec16chr('f') == 15 && dec16chr('g') == -1, "their values");
}

/* two processes install and print at the same time, in one memory */
static void
together(void)
{
	char buf[64];
	int i, pid, bad;
	Waitmsg *w;

	pid = rfork(RFPROC|RFMEM);
	if(pid < 0)
		sysfatal("rfork: %r");
	bad = 0;
	for(i = 0; i < 300; i++){
		if(fmtinstall('U', i%2 ? copyfmt : upfmt) < 0)
			bad++;
		snprint(buf, sizeof buf, any("%U %s %x"), "abc", "def", 0xfed);
		if(cistrcmp(buf, "abc def fed") != 0)
			bad++;
		if(i%50 == 0)
			sleep(0);
	}
	if(pid == 0)
		_exits(bad ? "bad" : nil);
	w = wait();
	ok(bad == 0 && w != nil && w->msg[0] == '\0', "two processes in one memory");
}

void
main(void)
{
	int i;

	for(i = 0; i < nelem(byhand); i++)
		check(&byhand[i]);
	for(i = 0; i < nelem(cases); i++)
		check(&cases[i]);
	rooms();
	ends();
	writes();
	outputs();
	quotes();
	encodings();
	together();
	installs();
	done();
}
