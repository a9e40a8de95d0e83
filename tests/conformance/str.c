#include <u.h>
#include <libc.h>
#include "tap.h"

/*
 * Memory and strings: memory(2), strcat(2), getfields(2).  A page that a
 * segment ends in stands for the end of memory: what lies behind it is not
 * mapped.
 */
static char *edge;	/* behind the last byte that there is */

static int
sign(int n)
{
	return n < 0 ? -1 : n > 0;
}

static void
memory(void)
{
	char a[64], b[64], *p;
	int i, j, good;

	memset(a, 'x', sizeof a);
	p = memccpy(a, "abcdef", 'd', 6);
	ok(p == a+4 && memcmp(a, "abcdx", 5) == 0, "memccpy");
	ok(memccpy(a, "abcdef", 'z', 3) == nil && memcmp(a, "abcdx", 5) == 0, "without the byte");
	ok(memccpy(a, "z", 'a', 0) == nil && a[0] == 'a', "of no byte");
	for(i = 0; i < sizeof a; i++)
		a[i] = i+1;
	ok(memchr(a, 40, sizeof a) == a+39, "memchr");
	ok(memchr(a, 0x100+40, sizeof a) == a+39, "by the low byte");
	ok(memchr(a, 40, 39) == nil, "not so far");
	ok(memchr(a, 200, sizeof a) == nil, "not there");
	ok(memchr(a, 1, 0) == nil, "in nothing");
	a[20] = 0xF0;
	ok(memchr(a, 0xF0, sizeof a) == a+20, "a byte above 127");
	is(memcmp("abc", "abd", 3), -1, "memcmp");
	is(memcmp("ab\xff", "ab\1", 3), 1, "by unsigned bytes");
	is(memcmp("abc", "abd", 2), 0, "of fewer");
	is(memcmp("abc", "xyz", 0), 0, "of none");
	good = 1;
	for(i = 0; i < 16; i++)
		for(j = 0; j < 16; j++){
			for(p = a; p < a+sizeof a; p++)
				*p = *(p-a+b) = p-a;
			memcpy(a+i, a+j, 40);
			if(memcmp(a+i, b+j, 40) != 0 || memcmp(a, b, i) != 0 || memcmp(a+i+40, b+i+40, 24-i) != 0)
				good = 0;
		}
	ok(good, "memcpy may overlap");
}

static void
compare(void)
{
	char a[64], b[64];
	int i, j, good;

	is(strcmp("", ""), 0, "strcmp of nothing");
	is(strcmp("a", ""), 1, "more than nothing");
	is(strcmp("", "a"), -1, "nothing is less");
	is(strcmp("abc", "abd"), -1, "less");
	is(strcmp("ab\xff", "ab\1"), 1, "by unsigned bytes");
	is(strcmp("0123456789abcdef", "0123456789abcdeg"), -1, "a long one");
	is(strncmp("abcd", "abce", 3), 0, "strncmp");
	is(strncmp("abcd", "abce", 4), -1, "one more");
	is(strncmp("ab", "ab\0c", 4), 0, "ends at the NUL");
	is(strncmp("a", "b", 0), 0, "of none");
	is(strncmp("a", "b", -1), 0, "of less");
	is(strncmp("\xff", "a", 1), 1, "by unsigned bytes");
	good = 1;
	for(i = 0; i < 9; i++)
		for(j = 0; j < 30; j++){
			memset(a, 'x', sizeof a);
			memset(b, 'x', sizeof b);
			a[i+j] = b[3+j] = '\0';
			if(strcmp(a+i, b+3) != 0 || strncmp(a+i, b+3, 60) != 0)
				good = 0;
			if(j > 0){
				a[i+j-1] = 'y';
				if(strcmp(a+i, b+3) != 1 || strcmp(b+3, a+i) != -1 || strncmp(a+i, b+3, j) != 1)
					good = 0;
				if(strncmp(a+i, b+3, j-1) != 0)
					good = 0;
			}
		}
	ok(good, "at any alignment");
	is(sign(cistrcmp("ABC", "abc")), 0, "cistrcmp");
	is(sign(cistrcmp("ABC", "abd")), -1, "less");
	is(sign(cistrcmp("abc", "AB")), 1, "longer");
	is(sign(cistrcmp("ab", "ABC")), -1, "shorter");
	is(sign(cistrcmp("[", "{")), -1, "letters only");
	is(sign(cistrncmp("ABCx", "abcy", 3)), 0, "cistrncmp");
	is(sign(cistrncmp("ABCx", "abcy", 4)), -1, "one more");
	is(sign(cistrncmp("ab", "AB", 9)), 0, "ends at the NUL");
	is(sign(cistrncmp("ab", "ABC", 3)), -1, "shorter");
	is(sign(cistrncmp("x", "y", 0)), 0, "of none");
}

static void
copy(void)
{
	char a[32], *p;

	memset(a, 'x', sizeof a);
	ok(strcpy(a, "abc") == a && strcmp(a, "abc") == 0 && a[4] == 'x', "strcpy");
	ok(strcat(a, "def") == a && strcmp(a, "abcdef") == 0, "strcat");
	ok(strncat(a, "ghi", 2) == a && strcmp(a, "abcdefgh") == 0, "strncat");
	strncat(a, "ijk", 9);
	same(a, "abcdefghijk", "with more than there is");
	strncat(a, "z", 0);
	same(a, "abcdefghijk", "of none");
	memset(a, 'x', sizeof a);
	ok(strncpy(a, "ab", 5) == a && memcmp(a, "ab\0\0\0x", 6) == 0, "strncpy fills with NULs");
	strncpy(a, "abcdef", 3);
	ok(memcmp(a, "abc\0\0x", 6) == 0, "or makes none");
	strncpy(a, "zz", 0);
	ok(a[0] == 'a', "of none");
	memset(a, 'x', sizeof a);
	p = strecpy(a, a+10, "abc");
	ok(p == a+3 && strcmp(a, "abc") == 0, "strecpy");
	p = strecpy(p, a+6, "defghi");
	ok(p == a+5 && strcmp(a, "abcde") == 0 && a[6] == 'x', "is cut");
	ok(strecpy(a+6, a+6, "abc") == a+6 && a[6] == 'x', "no room");
	p = strdup("twice");
	ok(p != nil && strcmp(p, "twice") == 0, "strdup");
	free(p);
}

static void
search(void)
{
	char *s, *t, buf[256];
	int i, j, good;

	s = "abcabc\xe9";
	ok(strchr(s, 'b') == s+1, "strchr");
	ok(strchr(s, 'z') == nil, "not there");
	ok(strchr(s, 0) == s+7, "the NUL");
	ok(strchr(s, 0xe9) == s+6 && strchr(s, (char)0xe9) == s+6, "a byte above 127");
	ok(strrchr(s, 'b') == s+4, "strrchr");
	ok(strrchr(s, 'z') == nil, "not there");
	ok(strrchr(s, 0) == s+7, "the NUL");
	ok(strpbrk(s, "xc") == s+2, "strpbrk");
	ok(strpbrk(s, "xyz") == nil, "none");
	ok(strpbrk(s, "") == nil, "of none");
	ok(strpbrk(s, "\xe9") == s+6, "a byte above 127");
	is(strspn(s, "ab"), 2, "strspn");
	is(strspn(s, "abc\xe9"), 7, "all");
	is(strspn(s, ""), 0, "none");
	is(strcspn(s, "c"), 2, "strcspn");
	is(strcspn(s, "xyz"), 7, "all");
	is(strcspn(s, ""), 7, "of none");
	ok(strstr(s, "ca") == s+2, "strstr");
	ok(strstr(s, "") == s, "of nothing");
	ok(strstr(s, "cb") == nil, "not there");
	ok(strstr(s, "abcabc\xe9z") == nil, "longer");
	ok(strstr("", "a") == nil, "in nothing");
	s = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
	ok(strstr(s, "aaaaaaaaab") == s+20, "a long one");
	ok(strstr(s, "aaaaaaaaabb") == nil, "not there");
	ok(strstr(s, s) == s, "all of it");
	/* against a plain one, over a small alphabet */
	good = 1;
	for(i = 0; i < 400; i++){
		for(j = 0; j < 200; j++)
			buf[j] = 'a' + (i*j*j + j*7 + i/3)%3;
		buf[200] = '\0';
		t = buf + i%150;
		j = i%23;
		s = smprint("%.*s", j, t);
		for(t = buf; strncmp(t, s, j) != 0; t++)
			;
		if(strstr(buf, s) != t)
			good = 0;
		free(s);
	}
	ok(good, "the first of several");
	s = "Some Words";
	ok(cistrstr(s, "wORD") == s+5, "cistrstr");
	ok(cistrstr(s, "") == s, "of nothing");
	ok(cistrstr(s, "wordy") == nil, "not there");
	ok(cistrstr(s, "E w") == s+3, "a blank in it");
}

/* the fields between bars */
static char*
bars(char **a, int n)
{
	static char buf[256];
	char *p;
	int i;

	buf[0] = '\0';
	p = buf;
	for(i = 0; i < n; i++)
		p = strecpy(strecpy(p, buf+sizeof buf, i > 0 ? "|" : ""), buf+sizeof buf, a[i]);
	return buf;
}

static void
field(char *what, char *s, int max, int multi, char *set, int n, char *want)
{
	char buf[64], *a[16], name[96], *p;
	int got;

	strcpy(buf, s);
	if(strcmp(what, "getfields") == 0)
		got = getfields(buf, a, max, multi, set);
	else if(strcmp(what, "gettokens") == 0)
		got = gettokens(buf, a, max, set);
	else
		got = tokenize(buf, a, max);
	snprint(name, sizeof name, "%s of %q, %d at most", what, s, max);
	for(p = name; *p != '\0'; p++)
		if(*(uchar*)p < ' ')
			*p = '.';
	if(!ok(got == n && strcmp(bars(a, got), want) == 0, name))
		print("# got %d %s\n# want %d %s\n", got, bars(a, got), n, want);
}

static void
fields(void)
{
	char buf[32], *p;

	field("getfields", "#alice#bob##charles###", 3, 0, "#", 3, "|alice|bob##charles###");
	field("getfields", "#alice#bob##charles###", 3, 1, "#", 3, "alice|bob|charles###");
	field("getfields", "#alice#bob##charles###", 16, 0, "#", 8, "|alice|bob||charles|||");
	field("getfields", "#alice#bob##charles###", 16, 1, "#", 3, "alice|bob|charles");
	field("getfields", "", 4, 0, "#", 1, "");
	field("getfields", "", 4, 1, "#", 0, "");
	field("getfields", "a,b;c", 4, 0, ",;", 3, "a|b|c");
	field("getfields", "aαbβc", 4, 0, "αβ", 3, "a|b|c");
	field("getfields", "a'b c'd", 4, 0, " ", 2, "a'b|c'd");
	field("getfields", "a b", 0, 0, " ", 0, "");
	field("getfields", "a b", 1, 0, " ", 1, "a b");
	field("getfields", "\xff\xe9 b", 4, 0, " ", 2, "\xff\xe9|b");
	field("tokenize", " a\tb\r\nc ", 8, 0, nil, 3, "a|b|c");
	field("tokenize", "a 'b c' d", 8, 0, nil, 3, "a|b c|d");
	field("tokenize", "'it''s' x'y z'w ''", 8, 0, nil, 3, "it's|xy zw|");
	field("tokenize", "a b c", 2, 0, nil, 2, "a|b");
	field("tokenize", "", 2, 0, nil, 0, "");
	field("tokenize", "   ", 2, 0, nil, 0, "");
	field("tokenize", "'open to the end", 4, 0, nil, 1, "open to the end");
	field("tokenize", "a b", 0, 0, nil, 0, "");
	field("gettokens", "a:'b:c':d", 8, 0, ":", 3, "a|'b:c'|d");
	field("gettokens", "::a::b::", 8, 0, ":", 2, "a|b");
	field("gettokens", "a b c", 2, 0, " ", 2, "a|b c");
	field("gettokens", "'x''y' z", 4, 0, " ", 2, "'x''y'|z");

	strcpy(buf, " one, two,,three ");
	same(strtok(buf, " ,"), "one", "strtok");
	same(strtok(nil, " ,"), "two", "the next");
	same(strtok(nil, " "), ",three", "other separators");
	ok(strtok(nil, " ,") == nil, "no more");
	ok(strtok(nil, " ,") == nil, "nor again");
	strcpy(buf, "\xe9x\xe9y");
	p = strtok(buf, "\xe9");
	same(p, "x", "a separator above 127");
}

static void
attheedge(void)
{
	char other[128], *s;
	Rune r;
	int i, good;

	if(edge == nil){
		ok(0, "a segment to work in");
		return;
	}
	good = 1;
	for(i = 1; i < 70; i++){
		s = edge - i;
		memset(s, 'x', i-1);
		s[i-1] = '\0';
		memset(other, 'x', i-1);
		other[i-1] = '\0';
		if(strlen(s) != i-1 || strchr(s, 'y') != nil || strrchr(s, 'y') != nil || strpbrk(s, "yz") != nil)
			good = 0;
		if(strcmp(s, other) != 0 || strcmp(other, s) != 0 || strncmp(s, other, 1000) != 0 || cistrcmp(s, other) != 0)
			good = 0;
		if(memchr(s, '\0', ~(usize)0) != edge-1 || memchr(s, 'y', i) != nil || strstr(s, "xy") != nil)
			good = 0;
		if(strspn(s, "x") != i-1 || strcspn(s, "y") != i-1 || utflen(s) != i-1 || utfrune(s, 0x3b1) != nil)
			good = 0;
		if(strstr(s, "xxxxxxxxxy") != nil || strecpy(other, other+sizeof other, s) != other+i-1)
			good = 0;
		if(snprint(other, sizeof other, "%s", s) != i-1 || snprint(other, sizeof other, "%.*s", i-1, s) != i-1)
			good = 0;
		strcpy(other, s);
		strncpy(other, s, sizeof other);
		memmove(other, s, i);
		memset(other, 'x', i);
		if(strncmp(other, s, i-1) != 0 || memcmp(s, other, i-1) != 0)
			good = 0;
		/* without a NUL */
		edge[-1] = 'x';
		if(strncmp(s, other, i) != 0 || memchr(s, 'y', i) != nil || memcmp(s, other, i) != 0)
			good = 0;
		if(snprint(other, sizeof other, "%.*s", i, s) != i || utfnlen(s, i) != i)
			good = 0;
		strncpy(other, s, i);
		memccpy(other, s, 'y', i);
	}
	ok(good, "nothing behind a string is read");
	edge[-1] = '\0';
	edge[-2] = 0xe2;
	ok(chartorune(&r, edge-2) == 1 && r == Runeerror, "a part of a rune before the end");
	edge[-3] = 0xf0;
	is(utflen(edge-3), 2, "two of them");
}

static void
mapedge(void)
{
	char *base;

	/* anywhere that is free: a page of it, and nothing behind */
	base = segattach(0, "memory", nil, 4096);
	if(base == (char*)-1)
		return;
	edge = base + 4096;
}

void
main(void)
{
	quotefmtinstall();
	mapedge();
	memory();
	compare();
	copy();
	search();
	fields();
	attheedge();
	done();
}
