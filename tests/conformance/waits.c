#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* exits, await and _wait; facts/syscalls.md §4, notes.md §6, observed-amd64.md §d, observed-devices.md §A.25. */
static char nochild[] = "no living children";
static char inuse[] = "device or object already in use";

enum
{
	Maxtext = 127,	/* bytes of `NAME PID: STATUS` */
	Maxrecords = 128,
};

static char	buf[512];
static char	*status;	/* that leave exits with */
static int	pid;
static char	*volatile null;
static char	*unmapped = (char*)0x10000000;

static void
leave(void)
{
	_exits(status);
}

static int
leaves(char *s)
{
	status = s;
	return start(Fork, leave);
}

static void
nothing(void)
{
}

static void
children(void)
{
	fails(await(buf, sizeof buf), nochild, "await without a child");
	fails(_wait(nil), nochild, "_wait without a child");
	fails(await(buf, 0), nochild, "await of nothing without a child");
	leaves(nil);
	ok(await(buf, sizeof buf) > 0, "await of a child");
	fails(await(buf, sizeof buf), nochild, "a second time");
}

static void
format(void)
{
	char *s, *t;
	int n, child;

	child = leaves("one");
	memset(buf, 'x', sizeof buf);
	n = await(buf, sizeof buf);
	ok(n > 0 && n < sizeof buf && buf[n] == '\0' && strlen(buf) == n, "await gives the length without the NUL");
	ok(buf[n+1] == 'x', "and writes nothing behind it");
	is(atoi(buf), child, "first the pid");
	s = strchr(buf, '\'');
	n = 0;
	for(t = buf; t < s; t++){
		if(*t == ' ')
			n++;
		else if(*t < '0' || *t > '9')
			break;
	}
	ok(t == s && n == 4, "then three times");
	snprint(buf+200, 200, "'%s %d: one'", program, child);
	same(s, buf+200, "then the status with name and pid, quoted");
	child = leaves(nil);
	n = await(buf, sizeof buf);
	ok(n > 3 && strcmp(buf+n-3, " ''") == 0, "no status is two quotes");
	leaves("");
	n = await(buf, sizeof buf);
	ok(n > 3 && strcmp(buf+n-3, " ''") == 0, "nor is an empty one");
}

/* The last field of await as it is, for a child that exits with s. */
static char*
raw(char *s)
{
	int i, n;

	leaves(s);
	n = await(buf, sizeof buf-1);
	buf[n < 0 ? 0 : n] = '\0';
	s = buf;
	for(i = 0; i < 4 && s != nil; i++)
		s = strchr(s+1, ' ');
	return s == nil ? "await failed" : unprefixed(s);
}

static void
texts(void)
{
	static char longtext[600];
	char *s;
	int i, n;

	same(raw("two words"), "two words'", "a blank");
	same(raw("it's"), "it''s'", "a quote is doubled");
	same(raw("''"), "'''''", "two quotes are four");
	same(raw("a\nb"), "a\nb'", "a newline is kept");
	same(raw("a\tb"), "a\tb'", "a tab is kept");
	same(raw("a: b: c"), "a: b: c'", "colons are");
	same(raw("caf\303\251 \342\202\254"), "caf\303\251 \342\202\254'", "UTF-8");
	same(raw("caf\303"), "caf'", "half a rune at the end is dropped");
	same(raw("\377\376"), "'", "nothing is left of what is no UTF-8");
	same(raw("%s%d"), "%s%d'", "no format");
	same(raw(" "), " '", "only a blank");

	memset(longtext, 'a', sizeof longtext-1);
	leaves(longtext);
	n = await(buf, sizeof buf-1);
	s = strchr(buf, '\'');
	ok(s != nil && n - (s-buf) == 1+Maxtext+1, "a long status is cut so that the text has 127 bytes");
	ok(buf[n-1] == '\'' && buf[n-2] == 'a', "and quoted");
	for(i = 0; i < sizeof longtext-1; i += 2)
		memmove(longtext+i, "\303\251", 2);
	longtext[sizeof longtext-2] = '\0';
	leaves(longtext);
	waitany(buf, sizeof buf);
	n = strlen(buf);
	s = unprefixed(buf);
	is(n, Maxtext - (Maxtext-(s-buf))%2, "whole runes only");
	for(i = 0; s[i] == '\303' && s[i+1] == '\251'; i += 2)
		;
	ok(s[i] == '\0', "as they were");
	for(i = 0; i < 300; i++)
		longtext[i] = '\'';
	leaves(longtext);
	n = await(buf, sizeof buf-1);
	s = strchr(buf, '\'');
	snprint(longtext, sizeof longtext, "'%s ", program);
	ok(strncmp(s, longtext, strlen(longtext)) == 0, "quotes are doubled after the cut");
	s = unprefixed(s);
	for(i = 0; s[i] == '\''; i++)
		;
	ok(s[i] == '\0' && i%2 == 1 && i > 2*(Maxtext-30), "so that all of them fit");
}

static void
cuts(void)
{
	char prefix[64], *s;
	int n, child;

	child = leaves("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
	memset(buf, 'x', sizeof buf);
	n = await(buf, 50);
	is(n, 49, "a short buffer is filled");
	ok(buf[49] == '\0' && buf[50] == 'x', "and ends with NUL");
	ok(buf[48] == '\'', "the quoted text has its end");
	s = strchr(buf, '\'');
	snprint(prefix, sizeof prefix, "'%s %d: abc", program, child);
	ok(s != nil && strncmp(s, prefix, strlen(prefix)) == 0, "and its beginning");
	fails(await(buf, sizeof buf), nochild, "the rest is lost");
	child = leaves("x");
	snprint(prefix, sizeof prefix, "%d 0 0 0 0", child);
	is(await(buf, 5), 4, "a buffer that ends in the numbers");
	ok(strlen(buf) == 4 && strncmp(buf, prefix, 3) == 0, "has their beginning");
	leaves("x");
	buf[0] = buf[1] = 'x';
	is(await(buf, 1), 0, "a buffer of one byte");
	ok(buf[0] == '\0' && buf[1] == 'x', "gets a NUL");
	leaves("x");
	is(await(buf, 0), -1, "a buffer of none");
	fails(await(buf, sizeof buf), nochild, "takes the record all the same");
}

static void
oldwait(void)
{
	char want[200];
	int child, n, i;

	child = leaves("why not");
	memset(buf, 'x', sizeof buf);
	n = _wait(buf);
	is(n, child, "_wait gives the pid");
	snprint(want, sizeof want, "%11d ", child);
	ok(memcmp(buf, want, 12) == 0, "which the record has first");
	for(i = 1; i < 4; i++)
		if(buf[12*i+11] != ' ' || buf[12*i+10] < '0' || buf[12*i+10] > '9')
			break;
	is(i, 4, "then three times in 12 bytes each");
	snprint(want, sizeof want, "%s %d: why not", program, child);
	same(buf+48, want, "then the text");
	ok(buf[112] == 'x', "in 112 bytes");
	child = leaves(nil);
	is(_wait(buf), child, "a child without a status");
	same(buf+48, "", "has no text");
	memset(want, 'a', sizeof want-1);
	want[sizeof want-1] = '\0';
	leaves(want);
	_wait(buf);
	is(strlen(buf+48), 63, "a long text is cut to 63 bytes");
	child = leaves("x");
	is(_wait(nil), child, "_wait of nil");
	fails(_wait(nil), nochild, "has taken the record");
}

static void
late(void)
{
	sleep(30*shared[1]);
}

static void
order(void)
{
	int i, kids[3], got[3];

	for(i = 0; i < 3; i++){
		shared[1] = i+1;
		kids[i] = rfork(Fork);
		if(kids[i] == 0){
			sleep(30*(i+1));
			_exits(nil);
		}
	}
	sleep(200);
	for(i = 0; i < 3; i++)
		got[i] = waitany(buf, sizeof buf);
	is(got[0], kids[2], "the last to exit comes first");
	is(got[1], kids[1], "then the one before");
	is(got[2], kids[0], "the first to exit comes last");

	shared[1] = 1;
	kids[0] = start(Fork, late);
	kids[1] = start(Fork, nothing);
	is(waitany(buf, sizeof buf), kids[1], "a child that runs is not waited for");
	is(waitany(buf, sizeof buf), kids[0], "but when there is no other");
}

static void
counted(void)
{
	__atomic_fetch_add(&shared[1], 1, __ATOMIC_SEQ_CST);
}

static void
records(void)
{
	int i, n, failed;

	failed = 0;
	shared[1] = 0;
	for(i = 0; i < Maxrecords+10; i++)
		if(start(Fork, counted) < 0)
			failed++;
	is(failed, 0, "138 children");
	n = 0;
	until(1, Maxrecords+10);
	sleep(100);
	while(await(buf, sizeof buf) > 0)
		n++;
	is(n, Maxrecords, "no more than 128 records are kept");
	same(error(), nochild, "there is none for the other ten");
}

static void
grandparent(void)
{
	int me;

	me = getpid();
	if(rfork(Fork) == 0){
		shared[1] = 1;
		until(1, 2);
		shared[2] = number("/dev/ppid") == me;
		shared[1] = 3;
		_exits(nil);
	}
	until(1, 1);
}

static void
orphans(void)
{
	shared[1] = 0;
	fine(Fork, grandparent, "a process exits before its child");
	fails(await(buf, sizeof buf), nochild, "which is nobody's child then");
	shared[1] = 2;
	ok(until(1, 3), "the orphan lives on");
	is(shared[2], 1, "and its ppid is the old one");
}

static void
spin(void)
{
	vlong end;

	end = _nsec() + 100*1000000;
	while(_nsec() < end)
		;
}

static void
spinbelow(void)
{
	run(Fork, spin);
}

static void
nap(void)
{
	sleep(100);
}

static void
readtimes(int t[3])
{
	char *s;
	int i;

	await(buf, sizeof buf);
	s = strchr(buf, ' ');
	for(i = 0; i < 3 && s != nil; i++){
		t[i] = atoi(s+1);
		s = strchr(s+1, ' ');
	}
}

static void
accounting(void)
{
	int t[3];

	start(Fork, nap);
	readtimes(t);
	ok(t[2] >= 80 && t[2] < 2000, "real time of a child that sleeps");
	ok(t[0]+t[1] < t[2], "is not its processor time");
	is(t[0]%Ticks | t[1]%Ticks | t[2]%Ticks, 0, "times are in ticks");
	start(Fork, spin);
	readtimes(t);
	ok(t[0]+t[1] >= 30 && t[0]+t[1] <= t[2]+2*Ticks, "processor time of a child that computes");
	start(Fork, spinbelow);
	readtimes(t);
	ok(t[0]+t[1] >= 30, "has that of the children that it waited for");
}

static void
readnil(void)
{
	*(volatile char*)null;
}

static void
writetext(void)
{
	*(volatile char*)(uintptr)writetext = 1;
}

static void
callnil(void)
{
	void (*volatile f)(void);

	f = nil;
	f();
}

static void
badexits(void)
{
	_exits(unmapped);
}

static void
badopen(void)
{
	open(unmapped, OREAD);
}

static void
badcall(void)
{
	syscall(60);
}

static void
awaitnil(void)
{
	await(nil, 100);
}

static void
awaitnothing(void)
{
	await(nil, 0);
}

static void
waitbad(void)
{
	_wait(unmapped);
}

static void
waitodd(void)
{
	leaves("x");
	if(_wait(buf+2) > 0)
		exits("works");
}

static void
awaittext(void)
{
	await((char*)awaittext, 10);
}

static void
notedout(void)
{
	noted(NCONT);
}

static void
alarmed(void)
{
	alarm(10);
	sleep(2000);
}

static void
closed(void)
{
	close(2);
	readnil();
}

static void
readonly(void)
{
	close(2);
	open("/dev/null", OREAD);
	readnil();
}

static void
deathtexts(void)
{
	char want[200];

	dies(readnil, "suicide: sys: trap: fault read addr=0x0 pc=0x*", "=", "a read of nil");
	snprint(want, sizeof want, "suicide: sys: trap: fault write addr=0x%p pc=0x*", writetext);
	dies(writetext, want, "=", "a write to text");
	dies(callnil, "suicide: sys: trap: fault read addr=0x0 pc=0x0", "=", "a jump to nil");
	dies(badexits, "suicide: invalid address 0x10000000/1 in sys call pc=0x*", "invalid exit string",
		"a bad status");
	dies(badopen, "suicide: invalid address 0x10000000/1 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "a bad name");
	dies(badcall, "suicide: sys: bad sys call pc=0x*", "=", "an unknown call");
	dies(awaitnil, "suicide: invalid address 0x0/100 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "await to nil");
	dies(awaitnothing, "suicide: invalid address 0x0/0 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "await of nothing to nil");
	snprint(want, sizeof want, "suicide: invalid address 0x%p/10 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		awaittext);
	dies(awaittext, want, "=", "await to text");
	dies(waitbad, "suicide: invalid address 0x10000000/112 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "_wait to nowhere");
#ifdef __x86_64__
	dies(waitodd, "", "works", "_wait to an odd address");
#else
	dies(waitodd, "suicide: sys: odd address pc=0x*", "=", "_wait to an odd address");
#endif
	dies(notedout, "call to noted() when not notified", "Suicide", "noted outside of a handler");
	dies(alarmed, "", "alarm", "an alarm prints nothing");
	dies(closed, "", "sys: trap: fault read addr=0x0 pc=0x*", "nothing is printed without descriptor 2");
	dies(readonly, "", "sys: trap: fault read addr=0x0 pc=0x*", "nor when it cannot be written");
}

static void
interrupts(void)
{
	int child;

	catch(keep);
	shared[1] = 5;
	child = start(Fork, late);
	alarm(30);
	fails(await(buf, sizeof buf), "interrupted", "an alarm interrupts await");
	same(notes[0], "alarm", "the handler has run");
	is(waitany(buf, sizeof buf), child, "the record comes later");
	shared[1] = 5;
	child = start(Fork, late);
	alarm(30);
	fails(_wait(nil), "interrupted", "an alarm interrupts _wait");
	is(_wait(nil), child, "the child is waited for later");
	catch(nil);
}

static void
readerend(void)
{
	/* the pipe's end is closed before the record is there */
	until(1, 1);
}

static void
pipes(void)
{
	int fd[2], child, n;
	vlong t;

	if(pipe(fd) < 0){
		ok(0, "pipe");
		return;
	}
	shared[1] = 0;
	child = rfork(Fork);
	if(child == 0){
		close(fd[0]);
		readerend();
		_exits("gone");
	}
	close(fd[1]);
	t = _nsec();
	shared[1] = 1;
	n = read(fd[0], buf, 10);
	is(n, 0, "descriptors are closed when a process exits");
	ok(_nsec() - t < (vlong)1000*1000000, "at once");
	same(waitchild(child), "gone", "the record follows");
	close(fd[0]);
}

static void
readwait(void)
{
	char name[64], b[200];
	int fd;

	snprint(name, sizeof name, "/proc/%d/wait", pid);
	fd = open(name, OREAD);
	shared[1] = 1;
	read(fd, b, sizeof b);	/* the parent's exit or its other child's ends it */
}

static void
waitfile(void)
{
	char name[64], want[64];
	int fd, n, reader, child;

	pid = getpid();
	snprint(name, sizeof name, "/proc/%d/wait", pid);
	fd = open(name, OREAD);
	ok(fd >= 0, "the wait file");
	fails(read(fd, buf, sizeof buf), nochild, "has nothing without a child");
	child = leaves("by file");
	n = read(fd, buf, sizeof buf-1);
	buf[n < 0 ? 0 : n] = '\0';
	snprint(want, sizeof want, "%d * '%s %d: by file'", child, program, child);
	like(buf, want, "is read as await");
	fails(await(buf, sizeof buf), nochild, "which does not find the record again");
	close(fd);
	shared[1] = 0;
	reader = start(Fork, readwait);
	until(1, 1);
	sleep(50);
	fails(await(buf, sizeof buf), inuse, "await while another process reads the wait file");
	fails(_wait(nil), inuse, "_wait, too");
	leaves("x");	/* for the reader */
	sleep(100);
	is(waitany(buf, sizeof buf), reader, "when it has read, await works again");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	children();
	format();
	texts();
	cuts();
	oldwait();
	order();
	records();
	orphans();
	accounting();
	deathtexts();
	interrupts();
	pipes();
	waitfile();
	done();
}
