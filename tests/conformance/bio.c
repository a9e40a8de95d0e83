#include <u.h>
#include <libc.h>
#include <bio.h>
#include "tap.h"

/*
 * Buffered input and output; bio(2), facts/libc.md §7, observed-libc.md 18.
 * Works in the current directory, which must be writable.
 */
static char name[] = "bio.tmp";
static Biobuf buf;
static char big[3*Bsize];
static char got[3*Bsize];

enum
{
	Small = 16,	/* bytes of a small buffer, those to unget apart */
};
static uchar room[Small+Bungetsize];
static Biobufhdr small;

static void
makefile(char *s, long n)
{
	int fd;

	fd = create(name, OWRITE, 0666);
	if(fd < 0 || write(fd, s, n) != n)
		sysfatal("%s: %r", name);
	close(fd);
}

static long
readfile(void)
{
	long n;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		sysfatal("%s: %r", name);
	n = readn(fd, got, sizeof got - 1);
	close(fd);
	got[n < 0 ? 0 : n] = '\0';
	return n;
}

static Biobuf*
reader(char *s)
{
	Biobuf *b;

	makefile(s, strlen(s));
	b = Bopen(name, OREAD);
	if(b == nil)
		sysfatal("%s: %r", name);
	return b;
}

/* reads from text, at most most bytes at a time; fails when it comes to bad */
static char *text;
static long textlen;
static long at;
static long most;
static long bad;
static int calls;

static int
give(Biobufhdr*, void *v, long n)
{
	calls++;
	if(at == bad){
		werrstr("it is bad there");
		return -1;
	}
	if(n > most)
		n = most;
	if(n > textlen-at)
		n = textlen-at;
	memmove(v, text+at, n);
	at += n;
	return n;
}

static void
source(char *s, long n, long chunk)
{
	text = s;
	textlen = n;
	at = 0;
	most = chunk;
	bad = -1;
	calls = 0;
	Binits(&small, 0, OREAD, room, sizeof room);
	Biofn(&small, give);
}

/* appends to got; from the call of failing on it fails */
static long taken;
static int failing;
static char *failure;

static int
take(Biobufhdr*, void *v, long n)
{
	calls++;
	if(calls == failing){
		werrstr("%s", failure);
		return -1;
	}
	memmove(got+taken, v, n);
	taken += n;
	got[taken] = '\0';
	return n;
}

static void
sink(int call, char *why)
{
	taken = 0;
	got[0] = '\0';
	calls = 0;
	failing = call;
	failure = why;
	Binits(&small, 1, OWRITE, room, sizeof room);
	Biofn(&small, take);
}

static char said[ERRMAX];

static void
saying(char *s)
{
	strcpy(said, s);
}

/* The next line with a NUL behind it. */
static char*
line(Biobufhdr *b, int delim)
{
	static char s[128];
	char *p;

	p = Brdline(b, delim);
	if(p == nil)
		return "nil";
	memmove(s, p, Blinelen(b));
	s[Blinelen(b)] = '\0';
	return s;
}

static void
opening(void)
{
	Biobuf *b;
	uchar r[64];
	Biobufhdr h;
	int fd;

	remove(name);
	b = Bopen(name, OREAD);
	ok(b == nil, "Bopen of no file is nil");
	b = Bopen(name, OWRITE);
	ok(b != nil, "Bopen creates a file to write");
	fd = Bfildes(b);
	ok(fd > 2, "Bfildes");
	is(Bterm(b), 0, "Bterm of what Bopen made");
	fails(write(fd, "x", 1), "fd out of range or not open", "Bterm closes it");
	makefile("abc", 3);
	b = Bopen(name, OWRITE);
	Bputc(b, 'x');
	Bterm(b);
	is(readfile(), 1, "Bopen truncates what it writes");
	fd = open(name, OREAD);
	b = Bfdopen(fd, OREAD);
	is(Bfildes(b), fd, "Bfdopen takes an fd");
	is(Bgetc(b), 'x', "reads from it");
	is(Bterm(b), 0, "and closes it");
	is(read(fd, r, 1), -1, "indeed");
	fd = open(name, OREAD|OCEXEC);
	is(Binit(&buf, fd, OREAD|OCEXEC), 0, "Binit with OCEXEC");
	is(Bterm(&buf), 0, "Bterm of what Binit made");
	is(read(fd, r, 1), 1, "leaves the file open");
	close(fd);
	is(Binits(&h, 0, OREAD, r, sizeof r), 0, "Binits");
	is(h.bsize, sizeof r-Bungetsize, "keeps room to unget");
	is(Boffset(&h), 0, "begins at offset 0");
	is(Bbuffered(&h), 0, "with nothing buffered");
	is(sizeof buf.b, Bsize+Bungetsize, "a Biobuf has a buffer of Bsize");
	ok(buf.Biobufhdr.bsize == Bsize, "its header has no name but its type's");
}

static void
chars(void)
{
	Biobuf *b;
	int i, n, c;

	b = reader("ab\377\n");
	is(Bgetc(b), 'a', "Bgetc");
	is(Boffset(b), 1, "Boffset behind it");
	is(Bbuffered(b), 3, "Bbuffered is what was read ahead");
	is(Bungetc(b), 1, "Bungetc");
	is(Boffset(b), 0, "goes back");
	is(Bgetc(b), 'a', "to the same");
	is(Bgetc(b), 'b', "and on");
	is(Bgetc(b), 0xff, "a byte is never negative");
	is(Bgetc(b), '\n', "newline");
	is(Bgetc(b), Beof, "the end");
	is(Bgetc(b), Beof, "is told twice");
	is(Bgetc(b), Beof, "and again");
	Bterm(b);

	b = reader("xyz");
	while(Bgetc(b) != Beof)
		;
	is(Bungetc(b), 1, "Bungetc after the end");
	is(Bgetc(b), 'z', "is the last byte");
	Bungetc(b);
	Bungetc(b);
	Bungetc(b);
	is(Bgetc(b), 'x', "three times is the first");
	Bterm(b);

	b = reader("xyz");
	is(Bungetc(b), 1, "Bungetc before anything is 1");
	is(Boffset(b), -1, "with offset -1");
	Bterm(b);

	for(i = 0; i < sizeof big; i++)
		big[i] = i%251;
	makefile(big, sizeof big);
	b = Bopen(name, OREAD);
	for(n = 0; (c = Bgetc(b)) >= 0 && c == n%251; n++)
		;
	is(n, sizeof big, "Bgetc through three buffers");
	Bterm(b);
	b = Bopen(name, OREAD);
	for(i = 0; i < Bsize+1; i++)
		Bgetc(b);
	for(i = 0; i < Bungetsize; i++)
		Bungetc(b);
	for(n = 0; n < Bungetsize && Bgetc(b) == (Bsize+1-Bungetsize+n)%251; n++)
		;
	is(n, Bungetsize, "Bungetc goes back to the buffer before");
	Bterm(b);

	source("abcdefghij", 10, 3);
	for(i = 0; i < 7; i++)
		Bgetc(&small);
	is(calls, 3, "Biofn reads for Bgetc");
	for(i = 0; i < 5; i++)
		Bungetc(&small);
	is(Bgetc(&small), 'c', "bytes of short reads come back, too");

	source("abc", 3, 3);
	bad = 3;
	Blethal(&small, saying);
	said[0] = '\0';
	for(n = 0; Bgetc(&small) >= 0; n++)
		;
	is(n, 3, "Bgetc up to an error");
	same(said, "read error: it is bad there", "Blethal's function hears of it");
	is(Bgetc(&small), Beof, "after an error nothing is read");
	is(Bungetc(&small), Beof, "nor unread");
	is(Bread(&small, got, 1), -1, "Bread after an error is -1");
	is(Bbuffered(&small), 0, "Bbuffered after an error is 0");
	is(calls, 2, "the function is not called again");
	is(Bseek(&small, 0, 0), Beof, "Bseek after an error");
}

static void
runes(void)
{
	static char s[] = "aéλ€𝄞z";
	static long want[] = {'a', 0xe9, 0x3bb, 0x20ac, 0x1d11e, 'z', Beof};
	Biobuf *b;
	char what[64];
	int i;

	b = reader(s);
	for(i = 0; i < nelem(want); i++){
		snprint(what, sizeof what, "Bgetrune %d", i);
		is(Bgetrune(b), want[i], what);
	}
	Bterm(b);

	source(s, strlen(s), 1);
	for(i = 0; i < nelem(want) && Bgetrune(&small) == want[i]; i++)
		;
	is(i, nelem(want), "Bgetrune of a byte a read");

	b = reader(s);
	Bgetrune(b);
	Bgetrune(b);
	is(Boffset(b), 3, "Boffset counts bytes");
	is(Bungetrune(b), 1, "Bungetrune");
	is(Boffset(b), 1, "goes back a rune");
	is(Bungetrune(b), 1, "again it works");
	is(Boffset(b), 1, "but goes nowhere");
	is(Bgetc(b), 0xc3, "the rune's bytes");
	is(Bgetc(b), 0xa9, "can be read");
	Bterm(b);

	b = reader("\300\200x");
	is(Bgetrune(b), Runeerror, "Bgetrune of an overlong rune");
	is(Boffset(b), 1, "is one byte");
	is(Bgetrune(b), Runeerror, "the other one");
	is(Bgetrune(b), 'x', "is an error of its own");
	Bterm(b);
	b = reader("\342\202x");
	is(Bgetrune(b), Runeerror, "a rune that is cut short");
	is(Boffset(b), 1, "is one byte as well");
	Bterm(b);
	b = reader("a\342\202");
	Bgetrune(b);
	is(Bgetrune(b), Beof, "a rune that the file ends in is its end");
	Bterm(b);
	b = reader("\355\240\200");
	is(Bgetrune(b), 0xd800, "a surrogate is a rune");
	Bterm(b);

	b = Bopen(name, OWRITE);
	is(Bputrune(b, 'a'), 1, "Bputrune of one byte");
	is(Bputrune(b, 0xe9), 2, "of two");
	is(Bputrune(b, 0x20ac), 3, "of three");
	is(Bputrune(b, 0x1d11e), 4, "of four");
	is(Bputrune(b, 0x110000), 3, "of none is Runeerror");
	is(Bputrune(b, 0), 1, "of NUL");
	is(Bterm(b), 0, "written");
	is(readfile(), 14, "all bytes");
	same(got, "aé€𝄞\357\277\275", "and these");
}

static void
lines(void)
{
	Biobuf *b;
	char *p;
	int i;

	b = reader("one\ntwo\n\nfour:4\nrest");
	same(line(b, '\n'), "one\n", "Brdline has the delimiter");
	is(Blinelen(b), 4, "Blinelen counts it");
	is(Boffset(b), 4, "Boffset behind the line");
	p = Brdline(b, '\n');
	p[Blinelen(b)-1] = '\0';
	same(p, "two", "the newline can become NUL in place");
	same(line(b, '\n'), "\n", "an empty line");
	same(line(b, ':'), "four:", "another delimiter");
	same(line(b, '\n'), "4\n", "the rest of it");
	ok(Brdline(b, '\n') == nil, "no delimiter before the end is nil");
	is(Blinelen(b), 4, "Blinelen says how much there is");
	is(Bbuffered(b), 4, "Bbuffered as well");
	ok(Brdline(b, '\n') == nil, "nil again");
	is(Bread(b, got, Blinelen(b)), 4, "Bread has it");
	ok(Brdline(b, '\n') == nil, "nil at the end");
	is(Blinelen(b), 0, "with length 0");
	Bterm(b);

	memset(big, 'x', sizeof big);
	big[Small-1] = '\n';
	source(big, Small, Small);
	ok(Brdline(&small, '\n') != nil, "a line as long as the buffer");
	is(Blinelen(&small), Small, "is all of it");
	big[Small-1] = 'x';
	big[Small] = '\n';
	source(big, Small+1, Small+1);
	ok(Brdline(&small, '\n') == nil, "a longer one is nil");
	is(Blinelen(&small), Small, "and the buffer is full");
	is(Boffset(&small), 0, "nothing is consumed");
	is(Bread(&small, got, Small), Small, "Bread has the first of it");
	same(line(&small, '\n'), "\n", "Brdline the last");

	source("abc\ndefghi\njklmnopqrst\nuv", 25, 2);
	same(line(&small, '\n'), "abc\n", "lines of short reads");
	same(line(&small, '\n'), "defghi\n", "and the second");
	is(Bgetc(&small), 'j', "a byte of the third");
	same(line(&small, '\n'), "klmnopqrst\n", "and its rest");
	Bgetc(&small);
	Bungetc(&small);
	ok(Brdline(&small, '\n') == nil, "at the end nil");
	is(Blinelen(&small), 2, "two bytes wait");
	source("ab\nc", 4, 4);
	bad = 4;
	Blethal(&small, saying);
	Brdline(&small, '\n');
	said[0] = '\0';
	ok(Brdline(&small, '\n') == nil, "Brdline up to an error");
	same(said, "read error: it is bad there", "which is told");
	is(Blinelen(&small), 1, "what came before it is there");

	b = reader("one\ntwo\n\nrest");
	p = Brdstr(b, '\n', 0);
	same(p, "one\n", "Brdstr");
	is(Blinelen(b), 4, "Blinelen of it");
	free(p);
	p = Brdstr(b, '\n', 1);
	same(p, "two", "Brdstr without the delimiter");
	is(Blinelen(b), 3, "which does not count");
	free(p);
	p = Brdstr(b, '\n', 1);
	same(p, "", "an empty line is no end");
	is(Blinelen(b), 0, "though its length is 0");
	free(p);
	p = Brdstr(b, '\n', 0);
	same(p, "rest", "Brdstr of what the file ends in");
	is(Blinelen(b), 4, "and its length");
	free(p);
	ok(Brdstr(b, '\n', 0) == nil, "nil at the end");
	Bterm(b);
	for(i = 0; i < sizeof big; i++)
		big[i] = 'a'+i%26;
	big[5*Small+3] = '\n';
	source(big, 6*Small, 7);
	p = Brdstr(&small, '\n', 1);
	is(strlen(p), 5*Small+3, "Brdstr of a line longer than the buffer");
	ok(memcmp(p, big, 5*Small+3) == 0, "has its bytes");
	is(Blinelen(&small), 5*Small+3, "and its length");
	is(Boffset(&small), 5*Small+4, "Boffset is behind the delimiter");
	free(p);
	p = Brdstr(&small, '\n', 1);
	is(strlen(p), Small-4, "the rest of the file");
	free(p);
	source(big, 2*Small, Small);
	p = Brdstr(&small, '\n', 0);
	is(strlen(p), 2*Small, "a file of full buffers without a delimiter");
	free(p);
	ok(Brdstr(&small, '\n', 0) == nil, "then nil");
	memset(big, 'x', 3*Small);
	big[2*Small-1] = '\n';
	source(big, 3*Small, Small);
	free(Brdstr(&small, '\n', 1));
	is(Bseek(&small, -1, 1), 2*Small-1, "Bseek back into a long line");
	is(Bgetc(&small), '\n', "which is still there");
	is(calls, 2, "and not read again");
}

static void
blocks(void)
{
	Biobuf *b;
	int i, n;

	for(i = 0; i < sizeof big; i++)
		big[i] = i*7%253;
	makefile(big, sizeof big);
	b = Bopen(name, OREAD);
	is(Bread(b, got, 10), 10, "Bread");
	is(Boffset(b), 10, "Boffset behind it");
	is(Bread(b, got+10, 2*Bsize), 2*Bsize, "Bread of more than a buffer");
	is(Bread(b, got+10+2*Bsize, sizeof got), Bsize-10, "Bread up to the end");
	ok(memcmp(got, big, sizeof big) == 0, "are the file's bytes");
	is(Bread(b, got, 10), 0, "Bread at the end");
	is(Bread(b, got, 10), 0, "and again");
	is(Bread(b, got, 0), 0, "Bread of nothing");
	Bterm(b);

	b = Bopen(name, OREAD);
	is(Bseek(b, 100, 0), 100, "Bseek before anything is read");
	is(Bgetc(b), 700%253, "Bgetc there");
	is(Bseek(b, -1, 1), 100, "Bseek from here");
	is(Bgetc(b), 700%253, "the same byte");
	is(Bseek(b, 2*Bsize+5, 0), 2*Bsize+5, "Bseek out of the buffer");
	is(Bgetc(b), (uchar)big[2*Bsize+5], "and Bgetc");
	is(Bseek(b, -1, 2), sizeof big-1, "Bseek from the end");
	is(Bgetc(b), (uchar)big[sizeof big-1], "the last byte");
	is(Bgetc(b), Beof, "and no more");
	is(Bseek(b, -2, 1), sizeof big-2, "Bseek back from the end");
	is(Bgetc(b), (uchar)big[sizeof big-2], "the last but one");
	is(Bseek(b, 0x100000000, 0), 0x100000000, "Bseek beyond 4 GB");
	is(Boffset(b), 0x100000000, "Boffset is there");
	is(Bgetc(b), Beof, "where nothing is");
	is(Bseek(b, 3, 0), 3, "and back");
	is(Bgetc(b), (uchar)big[3], "to the beginning");
	Bterm(b);

	source("abcdefghijklmnop", 16, 16);
	Bgetc(&small);
	is(Bseek(&small, 9, 0), 9, "Bseek within the buffer");
	is(Bgetc(&small), 'j', "goes on there");
	is(Bseek(&small, 0, 0), 0, "also back");
	is(Bgetc(&small), 'a', "to the first byte");
	is(Bseek(&small, 15, 1), 16, "and to the end of it");
	is(calls, 1, "without reading");
	is(Bflush(&small), 0, "Bflush of a reader");
	is(Bbuffered(&small), 0, "forgets what was read");

	b = Bopen(name, OWRITE);
	n = 0;
	for(i = 1; n+i <= sizeof big; i += 97){
		if(Bwrite(b, big+n, i) != i)
			break;
		n += i;
	}
	is(Boffset(b), n, "Boffset counts what is written");
	Bterm(b);
	ok(readfile() == n && memcmp(got, big, n) == 0, "Bwrite of all sizes");
	b = Bopen(name, OWRITE);
	is(Bwrite(b, big, sizeof got-1), sizeof got-1, "Bwrite of more than a buffer");
	ok(Bbuffered(b) <= Bsize, "writes what does not fit");
	Bterm(b);
	ok(readfile() == sizeof got-1 && memcmp(got, big, sizeof got-1) == 0, "all of it arrives");
	b = Bopen(name, OWRITE);
	Bwrite(b, "0123456789", 10);
	is(Bseek(b, 3, 0), 3, "Bseek of a writer");
	Bputc(b, 'x');
	is(Bseek(b, 0, 2), 10, "to the end");
	is(Boffset(b), 10, "is where it writes");
	Bputc(b, 'y');
	is(Bbuffered(b), 1, "Bbuffered is what is not written");
	Bterm(b);
	readfile();
	same(got, "012x456789y", "what became of it");
}

static void
writes(void)
{
	Biobuf *b;
	int i, n;

	sink(0, nil);
	for(i = 0; i < Small; i++)
		Bputc(&small, 'a'+i);
	is(calls, 0, "a buffer that is full waits");
	is(Bbuffered(&small), Small, "with all it has");
	is(Bputc(&small, 'q'), 0, "Bputc of one more");
	is(calls, 1, "writes it");
	is(taken, Small, "whole");
	is(Boffset(&small), Small+1, "Boffset of a writer");
	is(Bflush(&small), 0, "Bflush writes the rest");
	same(got, "abcdefghijklmnopq", "what was written");
	is(Bflush(&small), 0, "Bflush of nothing");
	is(calls, 2, "writes nothing");
	is(Bputc(&small, 0x141), 0, "Bputc takes the low byte");
	Bflush(&small);
	is(got[taken-1], 'A', "of what it is given");

	sink(0, nil);
	is(Bprint(&small, "%s %d", "abc", 42), 6, "Bprint counts bytes");
	is(Bprint(&small, "%s", "0123456789abcdefghijklmnopqrstuvwxyz"), 36, "also of more than a buffer");
	is(Bprint(&small, "%C", 0x20ac), 3, "and of runes");
	is(Bprint(&small, "%s", ""), 0, "and none");
	Bflush(&small);
	same(got, "abc 420123456789abcdefghijklmnopqrstuvwxyz€", "what was printed");

	sink(2, "it is full");
	Blethal(&small, saying);
	said[0] = '\0';
	for(n = 0; n < 100 && Bputc(&small, 'x') == 0; n++)
		;
	is(n, 2*Small, "Bputc up to an error");
	same(said, "write error: it is full", "which Blethal's function hears of");
	is(Bputc(&small, 'x'), Beof, "Bputc after an error");
	is(Bwrite(&small, "x", 1), Beof, "Bwrite after an error");
	is(Bprint(&small, "x"), Beof, "Bprint after an error");
	is(Bputrune(&small, 'x'), Beof, "Bputrune after an error");
	is(Bflush(&small), Beof, "Bflush after an error");
	sink(1, "it is full");
	is(Bprint(&small, "%s", "0123456789abcdefghijklmnopqrstuvwxyz"), Beof, "Bprint that fails");
	sink(1, "it is full");
	Blethal(&small, saying);
	is(Bwrite(&small, big, 2*Small), Beof, "Bwrite that fails");
	same(said, "write error: it is full", "and says so");
	is(Bbuffered(&small), 0, "gives up");
	sink(1, "interrupted");
	Bwrite(&small, "abc", 3);
	is(Bwrite(&small, "0123456789abcdef", 16), Beof, "Bwrite that is interrupted");
	is(Bbuffered(&small), 3, "keeps what was there before");
	is(Bwrite(&small, "0123456789abcdef", 16), 16, "and can be made again");
	Bflush(&small);
	same(got, "abc0123456789abcdef", "and is whole then");

	/* the wrong way round */
	b = reader("abc");
	is(Bputc(b, 'x'), Beof, "Bputc to a reader");
	is(Bwrite(b, "x", 1), Beof, "Bwrite to a reader");
	is(Bprint(b, "x"), Beof, "Bprint to a reader");
	is(Bgetc(b), 'a', "leave it alone");
	is(Bprint(b, "x"), Beof, "Bprint to one that has read");
	is(Bgetc(b), 'b', "as well");
	Bterm(b);
	b = Bopen(name, OWRITE);
	is(Bgetc(b), Beof, "Bgetc from a writer");
	is(Bgetrune(b), Beof, "Bgetrune from a writer");
	is(Bread(b, got, 1), 0, "Bread from a writer");
	ok(Brdline(b, '\n') == nil, "Brdline from a writer");
	ok(Brdstr(b, '\n', 0) == nil, "Brdstr from a writer");
	is(Bungetc(b), Beof, "Bungetc to a writer");
	Bputc(b, 'x');
	Bterm(b);
	is(readfile(), 1, "leave it alone, too");

	sink(0, nil);
	Biofn(&small, nil);
	small.fid = create(name, OWRITE, 0666);
	Bputc(&small, 'z');
	Bflush(&small);
	close(small.fid);
	is(readfile(), 1, "Biofn(nil) writes to the file again");
}

/* What a child leaves in its buffers when it ends. */
static void
ending(int child)
{
	static Biobuf one;
	Biobuf *b[30];
	int i, fd;

	switch(child){
	case 0:
		fd = create(name, OWRITE, 0666);
		Binit(&one, fd, OWRITE);
		Bprint(&one, "flushed");
		exits(nil);
	case 1:
		fd = create(name, OWRITE, 0666);
		Binit(&one, fd, OWRITE);
		Bprint(&one, "lost");
		_exits(nil);
	case 2:
		fd = create(name, OWRITE, 0666);
		Binit(&one, fd, OWRITE);
		Bprint(&one, "once ");
		Bterm(&one);
		exits(nil);
	case 3:
		fd = create(name, OWRITE, 0666);
		for(i = 0; i < nelem(b); i++){
			b[i] = Bfdopen(dup(fd, -1), OWRITE);
			Bprint(b[i], "x");
		}
		exits(nil);
	case 4:
		fd = open("/dev/null", OREAD);
		Binit(&one, fd, OWRITE);
		Blethal(&one, nil);
		Bprint(&one, "x");
		fd = create(name, OWRITE, 0666);
		dup(fd, 2);
		Bflush(&one);
		_exits(nil);
	}
}

static void
exiting(void)
{
	static char *want[] = {"flushed", "", "once ", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "write error: inappropriate use of fd\n"};
	static char *what[] = {
		"exits flushes",
		"_exits does not",
		"Bterm flushes, exits no more",
		"exits flushes thirty",
		"Blethal(nil) says why it ends",
	};
	int i;

	/* first, while this process has no buffers of its own to be flushed by its exits */
	for(i = 0; i < nelem(want); i++){
		switch(fork()){
		case -1:
			sysfatal("fork: %r");
		case 0:
			ending(i);
		}
		waitpid();
		readfile();
		same(got, want[i], what[i]);
	}
}

void
main(void)
{
	exiting();
	opening();
	chars();
	runes();
	lines();
	blocks();
	writes();
	remove(name);
	done();
}
