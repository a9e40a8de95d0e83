#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "tap.h"

/*
 * Regular expressions; regexp(2), regexp(6), facts/observed-libc.md 19.
 * `regexp match` answers lines of pattern, tab, text on fd 0 instead; there \n
 * is a newline in the text.
 */
typedef struct Row Row;
struct Row
{
	char	*exp;
	char	*text;
	char	*want;	/* where the match and its parts begin and end; or no; or why there is no program */
};

#pragma varargck type "R" Reprog*

static char error[ERRMAX];

void
regerror(char *s)
{
	snprint(error, sizeof error, "error: %s", s);
}

/* what Python's re says, too, told to look for the longest */
static Row rows[] = {
	{"abc", "xabcy", "(1,4)"},
	{"abc", "xaby", "no"},
	{"a.c", "xabcaxc", "(1,4)"},
	{"a.c", "a\nc abc", "(4,7)"},
	{"a*", "aaa", "(0,3)"},
	{"a*", "baaa", "(0,0)"},
	{"a+", "baaa", "(1,4)"},
	{"a?", "aaa", "(0,1)"},
	{"ab*c", "ac", "(0,2)"},
	{"ab*c", "abbbbc", "(0,6)"},
	{"ab+c", "ac abc", "(3,6)"},
	{"ab?c", "abbc abc", "(5,8)"},
	{"^abc", "abcabc", "(0,3)"},
	{"^abc", "xabc", "no"},
	{"^abc", "x\nabc", "(2,5)"},
	{"abc$", "abcabc", "(3,6)"},
	{"abc$", "abcx", "no"},
	{"abc$", "abc\nx", "(0,3)"},
	{"^$", "", "(0,0)"},
	{"^$", "a", "no"},
	{"^$", "a\n\nb", "(2,2)"},
	{"^a*$", "aaa", "(0,3)"},
	{"^a*$", "aab", "no"},
	{"^", "abc", "(0,0)"},
	{"$", "abc", "(3,3)"},
	{"$", "a\nb", "(1,1)"},
	{"foo|foobar", "xfoobar", "(1,7)"},
	{"foobar|foo", "xfoobar", "(1,7)"},
	{"a|ab|abc|abcd", "abcde", "(0,4)"},
	{"(a|ab)(c|bcd)", "abcd", "(0,4)(0,1)(1,4)"},
	{"(a|ab)(c|bcd)(d*)", "abcd", "(0,4)(0,1)(1,4)(4,4)"},
	{"(ab|a)(bcd|c)", "abcd", "(0,4)(0,1)(1,4)"},
	{"(a*)(ab)*(b*)", "abb", "(0,3)(0,1)(-)(1,3)"},
	{"(a*)(a|b)*(b*)", "abab", "(0,4)(0,1)(3,4)(4,4)"},
	{"(a+)(a+)", "aaaa", "(0,4)(0,3)(3,4)"},
	{"(a?)(a?)(a?)", "aa", "(0,2)(0,1)(1,2)(2,2)"},
	{"(a?)((ab)?)", "ab", "(0,2)(0,0)(0,2)(0,2)"},
	{"(a?)((ab)?)(b?)", "ab", "(0,2)(0,1)(1,1)(-)(1,2)"},
	{"((a)|(b))*", "ab", "(0,2)(1,2)(0,1)(1,2)"},
	{"((a)|(b))+c", "abac", "(0,4)(2,3)(2,3)(1,2)"},
	{"(a)|b", "b", "(0,1)(-)"},
	{"(a)|(b)", "b", "(0,1)(-)(0,1)"},
	{"(a(b(c(d))))", "abcd", "(0,4)(0,4)(1,4)(2,4)(3,4)"},
	{"x(y(z))?", "xy", "(0,1)(-)(-)"},
	{"x(y(z)?)?", "xy", "(0,2)(1,2)(-)"},
	{"(a+|b)*", "ab", "(0,2)(1,2)"},
	{"(a+|b)+", "ab", "(0,2)(1,2)"},
	{"(a+|b)?", "ab", "(0,1)(0,1)"},
	{"(ab|ba)+", "ababbaab", "(0,8)(6,8)"},
	{"(a|b)*abb", "aababb", "(0,6)(2,3)"},
	{"(a|b)*abb", "aabab", "no"},
	{"[abc]+", "xxabcabx", "(2,7)"},
	{"[^abc]+", "abxyzc", "(2,5)"},
	{"[a-z]+", "ABCdefGHI", "(3,6)"},
	{"[^a-z]+", "abcDEF12x", "(3,8)"},
	{"[a-cx-z]+", "wxyzabcd", "(1,7)"},
	{"[z-a]+", "xxb1", "(0,3)"},
	{"[a\\-z]+", "b-az", "(1,4)"},
	{"[\\]]+", "a]]b", "(1,3)"},
	{"[\\^a]+", "b^a", "(1,3)"},
	{"[^\\^a]+", "^ab", "(2,3)"},
	{"[\\\\]+", "a\\b", "(1,2)"},
	{"[.*+?()|$]+", "a.*+?()|$b", "(1,9)"},
	{"[^x]+", "ab\ncd", "(0,2)"},
	{"[^x]*y", "ab\ny", "(3,4)"},
	{"a.*b", "a\nb axxb", "(4,8)"},
	{".*", "ab\ncd", "(0,2)"},
	{".+$", "ab\ncd", "(0,2)"},
	{"[\\n]", "n", "(0,1)"},
	{"\\d+", "12dd34", "(2,4)"},
	{"\\.\\*", "a.*b", "(1,3)"},
	{"\\(a\\)", "(a)", "(0,3)"},
	{"a\\|b", "a|b", "(0,3)"},
	{"\\[a\\]", "[a]", "(0,3)"},
	{"\\^a\\$", "x^a$", "(1,4)"},
	{"\\\\", "a\\b", "(1,2)"},
	{"\\/", "a/b", "(1,2)"},
	{"a{2}", "aaa{2}", "(2,6)"},
	{"a{1,}", "aa{1,}", "(1,6)"},
	{"é", "café", "(3,5)"},
	{"[à-ÿ]+", "caféè!", "(3,7)"},
	{"[^a-z]+", "caféè!", "(3,8)"},
	{".", "€", "(0,3)"},
	{"..", "a𝄞b", "(0,5)"},
	{"λ*x", "aλλλx", "(1,8)"},
	{"(λ|ψ)+", "xψλψy", "(1,7)(5,7)"},
	{"[α-ω]+", "abcγδε", "(3,9)"},
	{"[^α-ω]+", "γδabcε", "(4,7)"},
	{"(.)(.)", "é€", "(0,5)(0,2)(2,5)"},
	{"caf.", "xcafé", "(1,6)"},
	{"(ab)*c", "ababc", "(0,5)(2,4)"},
	{"(ab)*", "ababa", "(0,4)(2,4)"},
	{"(a*b)*", "aabab", "(0,5)(3,5)"},
	{"(a|b|c|d|e)f", "ef", "(0,2)(0,1)"},
	{"((a*)b)*", "abb", "(0,3)(2,3)(2,2)"},
	{"(a*)b(a*)", "aabaa", "(0,5)(0,2)(3,5)"},
	{"((a|b)(c|d))+", "acbd", "(0,4)(2,4)(2,3)(3,4)"},
	{"a(b|c)*d", "abcbcd", "(0,6)(4,5)"},
	{"a(bc)*d", "abcbcd", "(0,6)(3,5)"},
	{"(^a|b)+", "aab", "(0,1)(0,1)"},
	{"(^a|b)+", "bab", "(0,1)(0,1)"},
	{"(a$|b)+", "bba", "(0,3)(2,3)"},
	{"x*y*z*", "zzyx", "(0,2)"},
	{"x*y*z*w", "zzyxzw", "(3,6)"},
	{"abcabd", "abcabcabd", "(3,9)"},
	{"aab", "aaab", "(1,4)"},
	{"(a|aa)(a|aa)(a|aa)", "aaaa", "(0,4)(0,1)(1,2)(2,4)"},
	{"(aa|a)(aa|a)(aa|a)", "aaaa", "(0,4)(0,2)(2,3)(3,4)"},
	{"(.*)(.*)", "abc", "(0,3)(0,3)(3,3)"},
	{"(.*)c(.*)", "abcabc", "(0,6)(0,5)(6,6)"},
	{"(.+)(b+)", "abbb", "(0,4)(0,3)(3,4)"},
	{"\"[^\"]*\"", "say \"hi\" \"ho\"", "(4,8)"},
	{"([a-z]+)@([a-z]+)\\.com", "mail joe@site.com now", "(5,17)(5,8)(9,13)"},
	{"([0-9]+)-([0-9]+)-([0-9]+)", "on 2024-03-27.", "(3,13)(3,7)(8,10)(11,13)"},
	{"([^:]*):([^:]*):(.*)", "root:x:0:0", "(0,10)(0,4)(5,6)(7,10)"},
	{"[A-Za-z_][A-Za-z_0-9]*", "9abc_1 d", "(1,6)"},
	{"-?[0-9]+(\\.[0-9]*)?", "x-12.5e", "(1,6)(4,6)"},
	{"^[ ]*#", "   #x", "(0,4)"},
	{"(#.*|[^#])*", "ab #c", "(0,5)(3,5)"},
	{"/\\*([^*]|\\*+[^*/])*\\*+/", "x /* a * b */ y", "(2,13)(10,11)"},
	{"a*a*a*a*a*b", "aaaaaaaaaaaaac", "no"},
	{"(a+)+b", "aaab", "(0,4)(0,3)"},
};

/* what is Plan 9's own */
static Row own[] = {
	{"", "", "error: regexp : parsing error"},
	{"*", "", "error: regexp *: syntax error: *"},
	{"+a", "", "error: regexp +a: syntax error: +"},
	{"?", "", "error: regexp ?: syntax error: ?"},
	{"(*a)", "", "error: regexp (*a): syntax error: *"},
	{"a|*", "", "error: regexp a|*: syntax error: *"},
	{"a|", "", "error: regexp a|: parsing error"},
	{"|a", "", "error: regexp |a: syntax error: |"},
	{"a||b", "", "error: regexp a||b: syntax error: |"},
	{"()", "", "error: regexp (): syntax error: )"},
	{"(|a)", "", "error: regexp (|a): syntax error: |"},
	{"(a|)", "", "error: regexp (a|): syntax error: )"},
	{")", "", "error: regexp ): syntax error: )"},
	{"(", "", "error: regexp (: parsing error"},
	{"(a", "", "error: regexp (a: no matching parenthesis"},
	{"((a)", "", "error: regexp ((a): no matching parenthesis"},
	{"[a", "", "error: No closing ] for class"},
	{"[", "", "error: No closing ] for class"},
	{"[a-", "", "error: No closing ] for class"},
	{"[a\\", "", "error: No closing ] for class"},
	{"[a-]", "", "error: Malformed class"},
	{"[-a]", "", "error: Malformed class"},
	{"[a--]", "", "error: Malformed class"},
	{"x[a-z", "", "error: No closing ] for class"},
	{"*[a", "", "error: regexp *[a: syntax error: *"},
	{"\\", "", "error: regexp \\: parsing error"},
	{"a\\", "xa", "(1,2)"},
	{"a)b", "xacb", "(1,2)"},
	{"[]a]", "a]", "no"},
	{"[^]a", "xa", "(0,2)"},
	{"a**", "aaa", "(0,3)"},
	{"a+?", "aaa", "(0,3)"},
	{"a+*", "aa", "(0,2)"},
	{"a?*", "aaa", "(0,3)"},
	{"a?+b", "aab", "(0,3)"},
	{"(a*)*", "b", "(0,0)(-)"},
	{"(a*)*", "aa", "(0,2)(0,2)"},
	{"(a*)+", "b", "(0,0)(0,0)"},
	{"(a*)+", "aab", "(0,2)(0,2)"},
	{"(a?b?)*c", "abbac", "(0,5)(3,4)"},
	{"(^)*a", "a", "(0,1)(-)"},
	{"(a|b*)*c", "abc", "(0,3)(1,2)"},
	{"[:alpha:]+", "xalp:z", "(1,5)"},
	{"\\n", "\nn", "(1,2)"},
	{"a\nb", "a\nb", "(0,3)"},
	{"[\n]", "\n", "(0,1)"},
	{"\\\n", "x\n", "(1,2)"},
	{"\302\200", "\302\200", "(0,2)"},
	{"\357\277\275", "\377", "(0,1)"},
	{".", "\355\240\200", "(0,3)"},
	{".a", "\342a", "(0,2)"},
	{"..a", "\342\202a", "(0,3)"},
	{"$a", "a", "no"},
	{"a^b", "ab", "no"},
	{"$.", "\na", "no"},
	{"(b|^)a", "ba", "(0,2)(0,1)"},
	{"((((((((((a))))))))))", "a", "(0,1)(0,1)(0,1)(0,1)(0,1)(0,1)(0,1)(0,1)(0,1)(0,1)(0,1)"},
};

/* ditto, of regcompnl and of regcomplit */
static Row nl[] = {
	{".*", "ab\ncd", "(0,5)"},
	{".", "\n", "(0,1)"},
	{"[^a]+", "ab\ncd", "(1,2)"},
	{"^c.", "ab\ncd", "(3,5)"},
	{"b$.c", "ab\ncd", "(1,4)"},
	{".$", "ab\n", "(1,2)"},
};
static Row lit[] = {
	{"a.c", "abc a.c", "(4,7)"},
	{"a*", "aaa*", "(2,4)"},
	{"(a|b)", "a (a|b)", "(2,7)"},
	{"[a", "x[a", "(1,3)"},
	{"\\.", "a\\.", "(1,3)"},
	{"^$", "x^$", "(1,3)"},
	{"é", "café", "(3,5)"},
	{"aab", "aaab", "(1,4)"},
	{"*", "a", "no"},
	{"", "", "error: regexp : parsing error"},
};

static char*
spans(char *s, char *text, Resub *m, int n, int (*offset)(void*, void*))
{
	char *p, *e;
	int i;

	p = s;
	e = s+512;
	for(i = 0; i < n; i++){
		if(m[i].sp == nil || m[i].ep == nil)
			p = seprint(p, e, "(-)");
		else
			p = seprint(p, e, "(%d,%d)", offset(text, m[i].sp), offset(text, m[i].ep));
	}
	return s;
}

static int
byteoffset(void *text, void *p)
{
	return (char*)p - (char*)text;
}

/* in bytes, so that results are the same */
static int
runeoffset(void *text, void *p)
{
	Rune *r;
	int n;

	n = 0;
	for(r = text; r < (Rune*)p; r++)
		n += runelen(*r);
	return n;
}

static int
parens(char *exp, int literal)
{
	int n, class;

	n = 1;
	class = 0;
	for(; *exp != '\0'; exp++)
		if(*exp == '\\'){
			if(*++exp == '\0')
				break;
		}else if(*exp == '[')
			class = 1;
		else if(*exp == ']')
			class = 0;
		else if(*exp == '(' && !class && !literal)
			n++;
	return n;
}

static char*
result(Reprog *g, char *text, int n, int runes)
{
	static char s[512];
	static Rune r[512];
	Resub m[32];
	int i;

	if(g == nil)
		return error;
	memset(m, 0, sizeof m);
	if(!runes){
		if(!regexec(g, text, m, nelem(m)))
			return "no";
		return spans(s, text, m, n, byteoffset);
	}
	for(i = 0; *text != '\0'; i++)
		text += chartorune(&r[i], text);
	r[i] = 0;
	if(!rregexec(g, r, m, nelem(m)))
		return "no";
	return spans(s, (char*)r, m, n, runeoffset);
}

static void
table(Row *row, int n, Reprog *(*compile)(char*), char *how)
{
	Reprog *g;
	char what[128];

	for(; n > 0; n--, row++){
		error[0] = '\0';
		g = compile(row->exp);
		snprint(what, sizeof what, "%s %.60s", how, row->exp);
		if(strchr(what, '\n') != nil)
			*strchr(what, '\n') = ' ';
		same(result(g, row->text, parens(row->exp, compile == regcomplit), 0), row->want, what);
		if(g == nil)
			continue;
		if(utflen(row->text) > 0 && strpbrk(row->text, "\342\355\377") == nil){
			strcat(what, " of runes");
			same(result(g, row->text, parens(row->exp, compile == regcomplit), 1), row->want, what);
		}
		free(g);
	}
}

static void
parts(void)
{
	static char s[] = "abcabc\nabc";
	Resub m[40];
	Reprog *g;
	char exp[256], text[64];
	int i;

	g = regcomp("b(c)");
	is(regexec(g, s, nil, 0), 1, "regexec that only asks");
	is(regexec(g, "xyz", nil, 0), 0, "whether there is a match");
	memset(m, 0, sizeof m);
	m[1].sp = s;
	is(regexec(g, s, m, 1), 1, "regexec for the whole match");
	ok(m[0].sp == s+1 && m[0].ep == s+3, "has it");
	ok(m[1].sp == s, "and leaves the rest alone");
	m[0].sp = s+2;
	m[0].ep = nil;
	is(regexec(g, s, m, 2), 1, "regexec from within the text");
	ok(m[0].sp == s+4 && m[1].sp == s+5 && m[1].ep == s+6, "finds the next match");
	m[0].sp = s+2;
	m[0].ep = s+5;
	is(regexec(g, s, m, 2), 0, "and up to there");
	ok(m[0].sp == s+2 && m[0].ep == s+5, "what does not match changes nothing");
	ok(strcmp(s, "abcabc\nabc") == 0, "not the text, either");
	memset(m, 0, sizeof m);
	m[0].ep = "abc"+3;
	m[2].sp = s;
	m[3].ep = s;
	is(regexec(g, "xabcy", m, 4), 1, "an end at the NUL is none");
	ok(m[2].sp == nil && m[3].ep == nil, "parts that the expression has not are zeros");
	free(g);

	g = regcomp("abc$");
	m[0].sp = nil;
	m[0].ep = s+3;
	is(regexec(g, s, m, 1), 0, "$ does not match where the text is cut");
	m[0].sp = nil;
	m[0].ep = s+6;
	is(regexec(g, s, m, 1), 0, "not even before a newline");
	m[0].sp = nil;
	m[0].ep = s+7;
	is(regexec(g, s, m, 1), 1, "which must be within it");
	free(g);
	g = regcomp("^abc");
	m[0].sp = s+1;
	m[0].ep = nil;
	is(regexec(g, s, m, 1), 1, "^ does not match where the search begins");
	ok(m[0].sp == s+7, "but at a line");
	m[0].sp = s+7;
	m[0].ep = nil;
	is(regexec(g, s, m, 1), 1, "which may be there");
	m[0].sp = s+8;
	m[0].ep = nil;
	is(regexec(g, s, m, 1), 0, "or not");
	free(g);
	g = regcomp(".*");
	strcpy(text, "aé");
	m[0].sp = nil;
	m[0].ep = text+2;
	is(regexec(g, text, m, 1), 1, "a text that is cut within a rune");
	ok(m[0].ep == text+2, "ends there");
	free(g);

	exp[0] = '\0';
	for(i = 0; i < 35; i++){
		strcat(exp, "(.)");
		text[i] = 'a'+i;
	}
	text[i] = '\0';
	g = regcomp(exp);
	memset(m, 0, sizeof m);
	is(regexec(g, text, m, nelem(m)), 1, "thirty-five parts");
	for(i = 1; i < 32 && m[i].sp == text+i-1 && m[i].ep == text+i; i++)
		;
	is(i, 32, "of which 31 are remembered");
	ok(m[0].ep == text+35, "beside the whole");
	free(g);
}

static void
large(void)
{
	Reprog *g;
	Resub m[3];
	char *s, *exp;
	int i, n;

	/* a? n times, then a n times: 2^n ways to fail for who tries them one by one */
	n = 60;
	exp = malloc(3*n+1);
	s = malloc(200000);
	exp[0] = '\0';
	for(i = 0; i < n; i++)
		strcat(exp, "a?");
	for(i = 0; i < n; i++)
		strcat(exp, "a");
	memset(s, 'a', n);
	s[n] = '\0';
	g = regcomp(exp);
	memset(m, 0, sizeof m);
	is(regexec(g, s, m, 1), 1, "no exponential time");
	ok(m[0].sp == s && m[0].ep == s+n, "and all of it matches");
	free(g);
	g = regcomp("(a*)*b");
	is(regexec(g, s, nil, 0), 0, "nor for loops in loops");
	free(g);

	n = 100000;
	memset(s, 'x', n);
	strcpy(s+n, "needle");
	g = regcomp("n(ee)dle");
	memset(m, 0, sizeof m);
	is(regexec(g, s, m, 2), 1, "a long text");
	ok(m[0].sp == s+n && m[1].sp == s+n+1, "at its end");
	free(g);
	g = regcomp("^n");
	is(regexec(g, s, nil, 0), 0, "a line that is long");
	s[n-1] = '\n';
	is(regexec(g, s, nil, 0), 1, "and one after it");
	free(g);

	exp[0] = '\0';
	exp = realloc(exp, 5000);
	strcpy(exp, "[");
	for(i = 0; i < 300; i++)
		sprint(exp+strlen(exp), "%C", 0x100+2*i);
	strcat(exp, "]+");
	g = regcomp(exp);
	ok(g != nil, "a class of 300 runes");
	is(regexec(g, "\304\200\304\202", nil, 0), 1, "which matches");
	is(regexec(g, "\304\201\304\203", nil, 0), 0, "no rune between them");
	free(g);
	exp[0] = '\0';
	for(i = 0; i < 200; i++)
		strcat(exp, "(x");
	for(i = 0; i < 200; i++)
		strcat(exp, ")*");
	g = regcomp(exp);
	ok(g != nil, "two hundred parentheses in each other");
	is(regexec(g, "xxx", nil, 0), 1, "are fine");
	free(g);
	free(exp);
	free(s);
}

static void
substitutes(void)
{
	static char s[] = "hello world";
	static Rune rs[] = L"καλημέρα κόσμε";
	Rune r[64];
	Resub m[3];
	Reprog *g;
	char to[64];

	g = regcomp("([a-z]+) ([a-z]+)");
	memset(m, 0, sizeof m);
	regexec(g, s, m, 3);
	regsub("\\2 \\1", to, sizeof to, m, 3);
	same(to, "world hello", "regsub of parts");
	regsub("<&>", to, sizeof to, m, 3);
	same(to, "<hello world>", "regsub of the whole");
	regsub("\\0|\\&|\\\\|\\n", to, sizeof to, m, 3);
	same(to, "hello world|&|\\|n", "regsub of escapes");
	regsub("[\\3\\9]", to, sizeof to, m, 3);
	same(to, "[]", "parts that are not there are empty");
	regsub("a\\", to, sizeof to, m, 3);
	same(to, "a", "a backslash at the end is dropped");
	regsub("\\2 \\1", to, 9, m, 3);
	same(to, "world he", "regsub is cut to what fits");
	regsub("abcdef", to, 4, m, 3);
	same(to, "abc", "also within the source");
	regsub("&&", to, 12, m, 3);
	same(to, "hello world", "or exactly at a part's end");
	regsub("&", to, 1, m, 3);
	same(to, "", "a buffer of one byte");
	regsub("x&y\\1", to, sizeof to, nil, 0);
	same(to, "xy", "regsub without a match");
	ok(strcmp(s, "hello world") == 0, "the text is as it was");
	free(g);
	g = regcomp("(.+) (.+)");
	memset(m, 0, sizeof m);
	is(rregexec(g, rs, m, 3), 1, "rregexec");
	rregsub(L"\\2-&-\\1", r, nelem(r), m, 3);
	ok(runestrcmp(r, L"κόσμε-καλημέρα κόσμε-καλημέρα") == 0, "rregsub");
	rregsub(L"\\2\\1", r, 8, m, 3);
	ok(runestrcmp(r, L"κόσμεκα") == 0, "rregsub is cut to what fits");
	free(g);
}

static void
printed(void)
{
	Reprog *g;
	char *s, *p;
	int n;

	fmtinstall('R', reprogfmt);
	g = regcomp("a[b-d]*$");
	s = smprint("%R", g);
	n = 0;
	for(p = s; (p = strchr(p, '\n')) != nil; p++)
		n++;
	is(n, 6, "reprogfmt prints a line an instruction");
	ok(strstr(s, "OCLASS\tb-d") != nil, "with what it matches");
	free(s);
	free(g);
}

static void
answer(void)
{
	static char in[200000];
	char *line, *next, *text, *p, *q;
	Reprog *g;
	long n;

	n = readn(0, in, sizeof in-1);
	in[n] = '\0';
	for(line = in; *line != '\0'; line = next){
		next = strchr(line, '\n');
		*next++ = '\0';
		text = strchr(line, '\t');
		*text++ = '\0';
		for(p = q = text; (*q = *p) != '\0'; p++, q++)
			if(p[0] == '\\' && p[1] == 'n'){
				*q = '\n';
				p++;
			}
		g = regcomp(line);
		print("%s\n", result(g, text, parens(line, 0), 0));
		free(g);
	}
	exits(nil);
}

void
main(int argc, char **argv)
{
	if(argc > 1 && strcmp(argv[1], "match") == 0)
		answer();
	table(rows, nelem(rows), regcomp, "regcomp");
	table(own, nelem(own), regcomp, "regcomp");
	table(nl, nelem(nl), regcompnl, "regcompnl");
	table(lit, nelem(lit), regcomplit, "regcomplit");
	parts();
	large();
	substitutes();
	printed();
	done();
}
