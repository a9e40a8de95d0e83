#include <u.h>
#include <libc.h>
#include "tap.h"

/* Runes and UTF: rune(2), runestrcat(2), isalpharune(2), runecomp(2). */

static void
decoding(void)
{
	static struct {
		char	*s;
		Rune	r;
		int	n;
	} t[] = {
		{"", 0, 1},
		{"a", 'a', 1},
		{"\x7f", 0x7F, 1},
		{"\xc2\x80", 0x80, 2},
		{"\xdf\xbf", 0x7FF, 2},
		{"\xe0\xa0\x80", 0x800, 3},
		{"\xef\xbf\xbd", 0xFFFD, 3},
		{"\xef\xbf\xbf", 0xFFFF, 3},
		{"\xf0\x90\x80\x80", 0x10000, 4},
		{"\xf4\x8f\xbf\xbf", 0x10FFFF, 4},
		{"\xed\xa0\x80", 0xD800, 3},
		{"\xed\xbf\xbf", 0xDFFF, 3},
		{"\x80", Runeerror, 1},
		{"\xbf" "a", Runeerror, 1},
		{"\xc0\x80", Runeerror, 1},
		{"\xc1\xbf", Runeerror, 1},
		{"\xe0\x9f\xbf", Runeerror, 1},
		{"\xf0\x8f\xbf\xbf", Runeerror, 1},
		{"\xf4\x90\x80\x80", Runeerror, 1},
		{"\xf5\x80\x80\x80", Runeerror, 1},
		{"\xf8\x88\x80\x80\x80", Runeerror, 1},
		{"\xff", Runeerror, 1},
		{"\xc2", Runeerror, 1},
		{"\xe2\x82", Runeerror, 1},
		{"\xf0\x9f\x98", Runeerror, 1},
		{"\xc2" "a", Runeerror, 1},
		{"\xe2" "a\x82", Runeerror, 1},
		{"\xe2\x82" "a", Runeerror, 1},
	};
	char name[64], back[UTFmax];
	Rune r, x;
	int i, n, good;

	for(i = 0; i < nelem(t); i++){
		n = chartorune(&r, t[i].s);
		snprint(name, sizeof name, "chartorune %.*lH", utflen(t[i].s) == 0 ? 1 : (int)strlen(t[i].s), t[i].s);
		if(!ok(n == t[i].n && r == t[i].r, name))
			print("# got %ux %d\n", r, n);
	}
	good = 1;
	for(r = 0; r <= Runemax; r += r < 0x3000 ? 1 : 61){
		n = runetochar(back, &r);
		if(n != runelen(r) || chartorune(&x, back) != n || x != r)
			good = 0;
		if(!fullrune(back, n) || (n > 1 && fullrune(back, n-1)))
			good = 0;
	}
	ok(good, "runetochar and chartorune, there and back");
	r = 0x110000;
	is(runetochar(back, &r), 3, "runetochar of what is no rune");
	ok(memcmp(back, "\xef\xbf\xbd", 3) == 0, "is Runeerror");
	is(runelen(0x7FFFFFFF), 3, "runelen of the same");
	is(runenlen(L"aα€", 3), 6, "runenlen");
	is(runenlen(L"aα€", 0), 0, "of none");
	is(fullrune("", 0), 0, "fullrune of no byte");
	is(fullrune("\xc0\x80", 2), 1, "of an overlong form");
	is(fullrune("\x80", 1), 0, "of a stray byte");
	is(fullrune("\xff", 1), 0, "of a byte that is never right");
}

static void
texts(void)
{
	char buf[16], *s;
	int i, good;

	is(utflen(""), 0, "utflen");
	is(utflen("aα€😀"), 4, "runes of each length");
	is(utflen("\xff\xc2"), 2, "bytes that are none");
	is(utfnlen("aα€", 3), 2, "utfnlen");
	is(utfnlen("aα€", 5), 2, "stops before a part");
	is(utfnlen("aα€", 100), 3, "and at the NUL");
	is(utfnlen("aα€", 0), 0, "of no byte");
	is(utfnlen("\xed\xa0\x80", 2), 0, "a part of a surrogate");
	s = "abcαβγβ/x";
	ok(utfrune(s, 'c') == s+2, "utfrune, ASCII");
	ok(utfrune(s, 0x3b2) == s+5, "utfrune");
	ok(utfrune(s, 0x3c9) == nil, "not there");
	ok(utfrune(s, 0) == s+strlen(s), "the NUL");
	ok(utfrrune(s, 0x3b2) == s+9, "utfrrune");
	ok(utfrrune(s, 'a') == s, "ASCII");
	ok(utfrrune(s, 0x3c9) == nil, "not there");
	ok(utfutf(s, "βγ") == s+5, "utfutf");
	ok(utfutf(s, "γβ/") == s+7, "its end");
	ok(utfutf(s, "") == s, "of nothing");
	ok(utfutf(s, "/x") == s+11, "of ASCII");
	ok(utfutf(s, "βx") == nil, "not there");
	good = 1;
	for(i = 1; i < 10; i++){
		memset(buf, 'x', sizeof buf);
		s = utfecpy(buf, buf+i, "aα€z");
		if(*s != '\0' || s-buf != (i > 7 ? 7 : i > 6 ? 6 : i > 3 ? 3 : i > 1 ? 1 : 0) || buf[i] != 'x')
			good = 0;
	}
	ok(good, "utfecpy into any room");
	ok(utfecpy(buf, buf, "abc") == buf, "into none");
	ok(utfutf("€", "\x82\xac") == nil, "utfutf does not begin inside a rune");
}

static void
strings(void)
{
	Rune a[32], *r;

	is(runestrlen(L"αβγ"), 3, "runestrlen");
	ok(runestrcpy(a, L"αβ") == a && a[2] == 0, "runestrcpy");
	ok(runestrcat(a, L"γδ") == a && runestrcmp(a, L"αβγδ") == 0, "runestrcat");
	ok(runestrncat(a, L"xyz", 2) == a && runestrcmp(a, L"αβγδxy") == 0, "runestrncat");
	runestrncat(a, L"xyz", 0);
	is(runestrlen(a), 6, "of none");
	ok(runestrchr(a, 0x3b3) == a+2, "runestrchr");
	ok(runestrchr(a, 0) == a+6, "the end");
	ok(runestrchr(a, 'q') == nil, "not there");
	runestrcpy(a, L"abcabc");
	ok(runestrrchr(a, 'b') == a+4, "runestrrchr");
	ok(runestrrchr(a, 0) == a+6, "the end");
	ok(runestrrchr(a, 'q') == nil, "not there");
	is(runestrcmp(L"ab", L"ab"), 0, "runestrcmp");
	is(runestrcmp(L"ab", L"abc"), -1, "less");
	is(runestrcmp(L"b", L"abc"), 1, "more");
	is(runestrncmp(L"abx", L"aby", 2), 0, "runestrncmp");
	is(runestrncmp(L"abx", L"aby", 3), -1, "less");
	is(runestrncmp(L"ab", L"ab", 30), 0, "ends at 0");
	a[4] = 'x';
	runestrncpy(a, L"ab", 4);
	ok(a[1] == 'b' && a[2] == 0 && a[3] == 0 && a[4] == 'x', "runestrncpy");
	r = runestrecpy(a, a+3, L"abcdef");
	ok(r == a+2 && runestrcmp(a, L"ab") == 0, "runestrecpy");
	r = runestrecpy(a, a+9, L"abc");
	ok(r == a+3 && runestrcmp(a, L"abc") == 0, "with room");
	ok(runestrecpy(a, a, L"z") == a && a[0] == 'a', "without");
	r = runestrdup(L"αβ");
	ok(runestrcmp(r, L"αβ") == 0, "runestrdup");
	free(r);
	runestrcpy(a, L"abababc");
	ok(runestrstr(a, L"abc") == a+4, "runestrstr");
	ok(runestrstr(a, L"") == a, "of nothing");
	ok(runestrstr(a, L"abd") == nil, "not there");
}

static void
classes(void)
{
	int good, r;

	good = 1;
	for(r = 0; r < 0x80; r++){
		if(isupperrune(r) != (r >= 'A' && r <= 'Z') || islowerrune(r) != (r >= 'a' && r <= 'z'))
			good = 0;
		if(isalpharune(r) != ((r|0x20) >= 'a' && (r|0x20) <= 'z') || isdigitrune(r) != (r >= '0' && r <= '9'))
			good = 0;
		if(isspacerune(r) != (r == ' ' || (r >= '\t' && r <= '\r')))
			good = 0;
		if(toupperrune(r) != (islowerrune(r) ? r-0x20 : r) || tolowerrune(r) != (isupperrune(r) ? r+0x20 : r))
			good = 0;
		if(totitlerune(r) != toupperrune(r))
			good = 0;
	}
	ok(good, "ASCII");
	ok(isalpharune(0x3b1) && isalpharune(0x4e00) && isalpharune(0xac00) && isalpharune(0x20000), "letters of the world");
	ok(!isalpharune(0x2028) && !isalpharune(0x1F600) && !isalpharune(0x300), "what is no letter");
	ok(isupperrune(0x391) && islowerrune(0x3b1) && isupperrune(0x10400) && islowerrune(0x10428), "cases");
	ok(istitlerune(0x1c5) && istitlerune('A') && !istitlerune('a'), "titles");
	ok(isspacerune(0xa0) && isspacerune(0x85) && isspacerune(0x2003) && isspacerune(0x3000) && isspacerune(0xfeff), "blanks");
	ok(isdigitrune(0x660) && isdigitrune(0xff10) && !isdigitrune(0xb2), "digits");
	is(toupperrune(0x3b1), 0x391, "upper case of alpha");
	is(tolowerrune(0x130), 'i', "lower case of I with a dot");
	is(toupperrune(0x131), 'I', "upper case of i without one");
	is(toupperrune(0xdf), 0xdf, "a sharp s has none of one rune");
	is(tolowerrune(0x1e9e), 0xdf, "a capital one is it");
	is(toupperrune(0xff), 0x178, "y with two dots");
	is(toupperrune(0x1f80), 0x1f88, "Greek with an iota below");
	is(totitlerune(0x1c6), 0x1c5, "a title case of its own");
	is(toupperrune(0x1c6), 0x1c4, "its upper case");
	is(tolowerrune(0x10400), 0x10428, "beyond 16 bits");
	is(totitlerune(0x10d0), 0x10d0, "Georgian has no titles");
	is(toupperrune(0x10d0), 0x1c90, "but capitals");
	ok(!isalpharune(0x110000) && !isspacerune(~0u) && toupperrune(0x110000) == 0x110000, "what is no rune");
	good = 1;
	for(r = 0; r <= Runemax; r += r < 0x3000 ? 1 : 7)
		if((toupperrune(r) != r && !isupperrune(toupperrune(r))) || (tolowerrune(r) != r && !islowerrune(tolowerrune(r)))
		|| (totitlerune(r) != r && !istitlerune(totitlerune(r))))
			good = 0;
	ok(good, "what has become upper case is it, and so on");
}

static void
norm1(char *from, char *nfc, char *nfd)
{
	char buf[128], name[128];
	Rune r[128], q[128], *p;
	char *s;
	int n, good;

	n = utfcomp(buf, from, sizeof buf);
	good = n == strlen(nfc) && strcmp(buf, nfc) == 0;
	n = utfdecomp(buf, from, sizeof buf);
	good = good && n == strlen(nfd) && strcmp(buf, nfd) == 0;
	p = r;
	for(s = from; *s != '\0'; p++)
		s += chartorune(p, s);
	*p = 0;
	n = runecomp(q, r, nelem(q));
	snprint(buf, sizeof buf, "%S", q);
	good = good && n == utflen(nfc) && strcmp(buf, nfc) == 0;
	n = runedecomp(q, r, nelem(q));
	snprint(buf, sizeof buf, "%S", q);
	good = good && n == utflen(nfd) && strcmp(buf, nfd) == 0;
	snprint(name, sizeof name, "normal forms of %s", from);
	ok(good, name);
}

static void
norms(void)
{
	char buf[16], *s;
	Rune r[16];

	norm1("", "", "");
	norm1("abc", "abc", "abc");
	norm1("é", "é", "e\xcc\x81");
	norm1("e\xcc\x81", "é", "e\xcc\x81");
	norm1("ệ", "ệ", "e\xcc\xa3\xcc\x82");
	norm1("e\xcc\x82\xcc\xa3", "ệ", "e\xcc\xa3\xcc\x82");	/* marks are put in order */
	norm1("\xe2\x84\xab", "Å", "A\xcc\x8a");	/* Angstrom */
	norm1("\xcc\x81" "e", "\xcc\x81" "e", "\xcc\x81" "e");	/* a mark on nothing */
	norm1("한글", "한글", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xb3\xe1\x86\xaf");
	norm1("\xe1\x84\x92\xe1\x85\xa1", "하", "\xe1\x84\x92\xe1\x85\xa1");
	norm1("\xe0\xa5\x98", "\xe0\xa4\x95\xe0\xa4\xbc", "\xe0\xa4\x95\xe0\xa4\xbc");	/* an exclusion */
	norm1("\xf0\x91\x82\x99\xf0\x91\x82\xba", "\xf0\x91\x82\x9a", "\xf0\x91\x82\x99\xf0\x91\x82\xba");
	norm1("ΐ", "ΐ", "ι\xcc\x88\xcc\x81");
	norm1("a\xcc\x80\xcc\x81z", "à\xcc\x81z", "a\xcc\x80\xcc\x81z");
	is(utfdecomp(buf, "ééé", 8), 9, "the size of all, whatever fits");
	same(buf, "e\xcc\x81" "e\xcc\x81" "e"+0, "what fits");
	memset(buf, 'x', sizeof buf);
	is(utfdecomp(buf, "é", 3), 3, "with room for less than a rune");
	same(buf, "e", "whole runes");
	is(runedecomp(r, L"éé", 3), 4, "of runes");
	ok(r[0] == 'e' && r[1] == 0x301 && r[2] == 0, "what fits");
	is(utfcomp(nil, "e\xcc\x81", 0), 2, "no room at all");
	s = "e\xcc\x81x";
	ok(fullutfnorm(s, 4) == s+3, "fullutfnorm");
	ok(fullutfnorm(s, 3) == s, "not yet");
	ok(fullutfnorm(s, 2) == s, "nor here");
	ok(fullutfnorm(s, 0) == s, "nor of nothing");
	runestrcpy(r, L"éx");
	runedecomp(r, L"éx", nelem(r));
	ok(fullrunenorm(r, 3) == r+2, "fullrunenorm");
	ok(fullrunenorm(r, 2) == r, "not yet");
	s = "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80";
	ok(fullutfnorm(s, 12) == s+9, "a syllable");
}

static void
breaks(char *text, char *marked, char *(*utf)(char*), Rune *(*rune)(Rune*))
{
	char buf[256], name[256], *p, *q, *t;
	Rune r[128], *x, *y;
	int good;

	x = r;
	for(p = text; *p != '\0'; x++)
		p += chartorune(x, p);
	*x = 0;
	t = buf;
	good = 1;
	p = text;
	x = r;
	for(;;){
		q = utf(p);
		y = rune(x);
		if((q == p) != (y == x) || (q != p && runenlen(x, y-x) != q-p))
			good = 0;
		if(q == p || y == x)
			break;
		t = seprint(t, buf+sizeof buf, "%.*s|", utfnlen(p, q-p), p);
		p = q;
		x = y;
	}
	seprint(t, buf+sizeof buf, "%s", p);
	snprint(name, sizeof name, "breaks of %q", marked);
	for(p = name; *p != '\0'; p++)
		if(*(uchar*)p < ' ')
			*p = '.';
	if(!ok(good && strcmp(buf, marked) == 0, name))
		print("# got %q\n", buf);
}

static void
cuts(void)
{
	static char *g[][2] = {
		{"", ""},
		{"a", "a"},
		{"abc", "a|b|c"},
		{"e\xcc\x81\xcc\x82x", "e\xcc\x81\xcc\x82|x"},
		{"a\r\nb", "a|\r\n|b"},
		{"\xcc\x81", "\xcc\x81"},
		{"한글", "한|글"},
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab|\xe1\x84\x80"},
		{"🇩🇪🇫🇷x", "🇩🇪|🇫🇷|x"},
		{"👩\xe2\x80\x8d👧a", "👩\xe2\x80\x8d👧|a"},
		{"👍🏽!", "👍🏽|!"},
		{"\xe0\xa4\xa8\xe0\xa4\xbf" "x", "\xe0\xa4\xa8\xe0\xa4\xbf|x"},
	};
	static char *w[][2] = {
		{"", ""},
		{"word", "word"},
		{"two words", "two| |words"},
		{"can't stop.", "can't| |stop|."},
		{"3.14, 1,000", "3.14|,| |1,000"},
		{"a.b. c", "a.b|.| |c"},
		{"a  b", "a|  |b"},
		{"x\r\ny", "x|\r\n|y"},
		{"foo_bar1 2x", "foo_bar1| |2x"},
		{"naïve caf" "e\xcc\x81s", "naïve| |caf" "e\xcc\x81s"},
		{"日本語", "日|本|語"},
		{"カタカナと", "カタカナ|と"},
		{"🇩🇪🇫🇷", "🇩🇪|🇫🇷"},
		{"שלום\"x", "שלום|\"|x"},
		{"'quoted'", "'|quoted|'"},
	};
	int i;

	for(i = 0; i < nelem(g); i++)
		breaks(g[i][0], g[i][1], utfgbreak, runegbreak);
	for(i = 0; i < nelem(w); i++)
		breaks(w[i][0], w[i][1], utfwbreak, runewbreak);
}

void
main(void)
{
	fmtinstall('H', encodefmt);
	quotefmtinstall();
	decoding();
	texts();
	strings();
	classes();
	norms();
	cuts();
	done();
}
