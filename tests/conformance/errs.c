#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"

/*
 * The error string of every failure that the calls of files and of memory can
 * be brought to; facts/observed-amd64.md §d, devices.md §1, syscalls.md.
 * Works in the current directory, which must be writable.
 */
static char Ebadarg[] = "bad arg in system call";
static char Ebadfd[] = "fd out of range or not open";
static char Ebadusefd[] = "inappropriate use of fd";
static char Edirseek[] = "seek in directory";
static char Eisdir[] = "file is a directory";
static char Enegoff[] = "negative i/o offset";
static char Enovmem[] = "virtual memory allocation failed";
static char Esoverlap[] = "segments overlap";

enum
{
#ifdef __x86_64__
	Toobig = 65,	/* GB, more than the largest segment */
#else
	Toobig = 9,
#endif
};

static char buf[1024];

static void
opens(void)
{
	static int badmodes[] = {4, 0x80, 0x100, 0x1000, 0x8000, 0x1000|OREAD|OTRUNC};
	char name[64];
	int i;

	fails(open("/nonexistent", OREAD), "file does not exist: '/nonexistent'", "open a missing file");
	fails(open("/nonexistent/a", OREAD), "file does not exist: '/nonexistent'", "open below a missing directory");
	fails(open("/dev/nonexistent/a/b", OREAD), "file does not exist: '/dev/nonexistent'", "the name is cut after what is missing");
	fails(open("nonexistent", OREAD), "file does not exist: 'nonexistent'", "open a missing relative name");
	fails(open("./nonexistent", OREAD), "file does not exist: './nonexistent'", "the name is as typed");
	fails(open("it's", OREAD), "file does not exist: 'it''s'", "a quote in the name is doubled");
	fails(open("", OREAD), "empty file name", "open an empty name");
	fails(open("/dev/null/x", OREAD), "not a directory: '/dev/null'", "open below a file");
	fails(open("/dev/null/", OREAD), "not a directory: '/dev/null/'", "open a file as a directory");
	fails(open("conf.tmp/x", OREAD), "not a directory: 'conf.tmp'", "open below a file of ours");
	fails(open("/", OWRITE), "permission denied", "write the root");
	fails(open("/dev", OWRITE), "permission denied: '/dev'", "write a directory");
	fails(open("/dev", ORDWR), "permission denied: '/dev'", "read and write a directory");
	fails(open("/dev", OEXEC), "cannot exec directory: '/dev'", "execute a directory");
	fails(open("#Z", OREAD), "unknown device in # filename", "open an unknown device");
	fails(open("#", OREAD), "unknown device in # filename", "open #");
	fails(open("#Z/x", OREAD), "unknown device in # filename", "open in an unknown device");
	fails(open("a\001b", OREAD), "bad character in file name: 'a\001b'", "a control character in a name");
	for(i = 0; i < (int)nelem(badmodes); i++){
		snprint(name, sizeof name, "open with mode 0x%x", badmodes[i]);
		fails(open("/dev/null", badmodes[i]), Ebadarg, name);
	}
	fails(open("/nonexistent", 4), Ebadarg, "the mode is looked at before the name");
	fails(chdir("/nonexistent"), "file does not exist: '/nonexistent'", "chdir to a missing directory");
	fails(chdir("/dev/null"), "not a directory: '/dev/null'", "chdir to a file");
	fails(chdir(""), "empty file name", "chdir to an empty name");
}

static void
creates(void)
{
	fails(create("/confx", OWRITE, 0666), "permission denied: '/confx'", "create where one may not");
	fails(create("/nonexistent/f", OWRITE, 0666), "file does not exist: '/nonexistent'", "create below a missing directory");
	fails(create("conf.tmp", OWRITE|OEXCL, 0666), "file already exists: 'conf.tmp'", "create exclusively what exists");
	fails(create("conf.new/", OWRITE, 0666), "create without DMDIR: 'conf.new/'", "create a file as a directory");
	fails(create("", OWRITE, 0666), "empty file name", "create an empty name");
	fails(create("/", OREAD, DMDIR|0777), "file already exists", "create the root");
	fails(create(".", OREAD, DMDIR|0777), "file already exists", "create .");
	fails(create("conf.new", 0x80, 0666), Ebadarg, "create with mode 0x80");
	fails(create("conf.new", 4, 0666), Ebadarg, "create with mode 4");
	fails(create("#Z/x", OWRITE, 0666), "unknown device in # filename", "create in an unknown device");
	fails(create("a\tb", OWRITE, 0666), "bad character in file name: 'a\tb'", "create a control character");
	fails(remove("conf.nothing"), "file does not exist: 'conf.nothing'", "remove a missing file");
	fails(remove(""), "empty file name", "remove an empty name");
	fails(remove("/dev/null"), "permission denied", "remove a device file");
	fails(remove("/dev/null/x"), "not a directory: '/dev/null'", "remove below a file");
}

static void
stats(void)
{
	uchar d[256];
	int n;

	fails(stat("/nonexistent", d, sizeof d), "file does not exist: '/nonexistent'", "stat a missing file");
	fails(stat("", d, sizeof d), "empty file name", "stat an empty name");
	fails(stat("/dev/null", d, 0), Ebadarg, "stat into 0 bytes");
	fails(stat("/dev/null", d, 1), Ebadarg, "stat into 1 byte");
	n = stat("/dev/null", d, sizeof d);
	ok(n > STATFIXLEN && (d[0]|d[1]<<8) == n-2, "stat returns the size of the entry");
	memset(d, 0xff, sizeof d);
	is(stat("/dev/null", d, 2), 2, "stat into 2 bytes returns 2");
	is(d[0]|d[1]<<8, n-2, "and says how many it wants");
	is(stat("/dev/null", d, n-1), 2, "stat into a byte too few returns 2");
	is(stat("/dev/null", d, n), n, "stat into exactly enough");
}

static void
descriptors(void)
{
	static int bad[] = {-1, -2, 19, 77, 5000, 100000, 0x7fffffff, -0x7fffffff-1};
	char name[64];
	uchar d[128];
	vlong off;
	int i, fd;

	for(i = 0; i < (int)nelem(bad); i++){
		fd = bad[i];
#define NAME(s) (snprint(name, sizeof name, "%s of fd %d", s, fd), name)
		fails(pread(fd, buf, 1, -1), Ebadfd, NAME("pread"));
		fails(pwrite(fd, buf, 1, -1), Ebadfd, NAME("pwrite"));
		fails(_read(fd, buf, 1), Ebadfd, NAME("_read"));
		fails(_write(fd, buf, 1), Ebadfd, NAME("_write"));
		fails(close(fd), Ebadfd, NAME("close"));
		fails(dup(fd, -1), Ebadfd, NAME("dup"));
		fails(fstat(fd, d, sizeof d), Ebadfd, NAME("fstat"));
		fails(_seek(&off, fd, 0, 0), Ebadfd, NAME("seek"));
		fails(fd2path(fd, buf, sizeof buf), Ebadfd, NAME("fd2path"));
#undef NAME
	}
	fails(dup(1, -2), Ebadfd, "dup to -2");
	fails(dup(1, 200), Ebadfd, "dup to far beyond the table");
	fails(dup(1, 100000), Ebadfd, "dup to beyond all tables");
}

static void
transfers(void)
{
	uchar d[128];
	vlong off;
	int r, w, dir;

	r = open("conf.tmp", OREAD);
	w = open("conf.tmp", OWRITE);
	dir = open(".", OREAD);
	ok(r >= 0 && w >= 0 && dir >= 0, "a file and a directory are open");
	fails(pwrite(r, buf, 1, -1), Ebadusefd, "write what is open for reading");
	fails(pread(w, buf, 1, -1), Ebadusefd, "read what is open for writing");
	fails(pwrite(dir, buf, 1, -1), Ebadusefd, "write a directory that is open for reading");
	fails(pread(r, buf, 1, -2), Enegoff, "pread at -2");
	fails(pwrite(w, buf, 1, -2), Enegoff, "pwrite at -2");
	fails(pread(r, buf, 1, (vlong)1<<63), Enegoff, "pread at the lowest offset");
	fails(_seek(&off, r, -1, 0), Enegoff, "seek to -1");
	fails(_seek(&off, r, -100, 1), Enegoff, "seek back behind the start");
	fails(_seek(&off, r, -100, 2), Enegoff, "seek from the end behind the start");
	fails(_seek(&off, r, 0, 3), Ebadarg, "seek of type 3");
	fails(_seek(&off, r, 0, -1), Ebadarg, "seek of type -1");
	fails(_seek(&off, dir, 1, 0), Eisdir, "seek a directory to 1");
	fails(_seek(&off, dir, 0, 1), Eisdir, "seek a directory from where it is");
	fails(_seek(&off, dir, 0, 2), Eisdir, "seek a directory from the end");
	is(_seek(&off, dir, 0, 0), 0, "seek a directory to 0");
	fails(pread(dir, buf, sizeof buf, 7), Edirseek, "pread a directory in the middle");
	fails(oseek(r, -1, 0), Enegoff, "oseek to -1");
	close(w);
	w = open("/dev/null", OWRITE);
	fails(fstat(w, d, 1), Ebadarg, "fstat into 1 byte");
	is(fd2path(r, buf, 0), 0, "fd2path into nothing");
	close(r);
	close(w);
	close(dir);
	fails(pread(r, buf, 1, -1), Ebadfd, "read what is closed");
}

static void
strings(void)
{
	char err[ERRMAX], small[8], big[300];
	int i;

	strcpy(err, "mine");
	is(errstr(err, sizeof err), 0, "errstr");
	strcpy(small, "");
	errstr(small, sizeof small);
	same(small, "mine", "errstr exchanges");
	strcpy(err, "still here");
	errstr(err, sizeof err);
	sleep(0);
	close(dup(1, -1));
	err[0] = '\0';
	errstr(err, sizeof err);
	same(err, "still here", "success leaves the error string alone");
	errstr(err, sizeof err);
	memset(small, 'x', sizeof small);
	small[0] = '\0';
	errstr(small, 5);
	same(small, "stil", "errstr cuts at its length");
	ok(small[5] == 'x', "and writes no more");
	fails(errstr(err, 0), Ebadarg, "errstr of length 0");
	for(i = 0; i < (int)sizeof big-1; i++)
		big[i] = 'a' + i%26;
	big[i] = '\0';
	errstr(big, sizeof big);
	err[0] = '\0';
	errstr(err, sizeof err);
	is(strlen(err), ERRMAX-1, "an error string has at most 127 bytes");
	strcpy(big, "first");
	errstr(big, sizeof big);
	open("/nonexistent", OREAD);
	err[0] = '\0';
	errstr(err, sizeof err);
	same(err, "file does not exist: '/nonexistent'", "failure replaces the error string");
	strcpy(err, "sixty-four");
	is(_errstr(err), 0, "_errstr");
	rerrstr(big, sizeof big);
	same(big, "sixty-four", "_errstr exchanges, too");
}

static void
memory(void)
{
	char *base;
	vlong t, u;

	base = (char*)syscall(SYS_brk_, nil);
	ok(base != (char*)-1 && base != nil, "brk_ of nil is the base of bss");
	fails(brk_((void*)1), Enovmem, "brk_ to 1");
	fails(brk_((void*)strings), Enovmem, "brk_ into text");
	fails(brk_((char*)_tos - 100000), Esoverlap, "brk_ into the stack");
	fails(brk_(base + ((uvlong)(Toobig)<<30)), Enovmem, "brk_ too far");
	is((vlong)syscall(SYS_brk_, nil) == (vlong)base, 1, "brk_ that failed changed nothing");
	is(sleep(-1), 0, "sleep of a negative time");
	is(sleep(0), 0, "sleep(0)");
	t = nsec();
	sleep(20);
	u = nsec();
	ok(u-t >= 19000000, "sleep(20) takes 20 ms");
	ok(t > (vlong)1000000000*1000000000, "nsec counts from 1970");
}

/* What has nowhere else to be. */
static void
others(void)
{
	static char part[16384];
	char name[200];
	int fd, other, i;
	long n;

	fails(_wstat("conf.tmp", part), "old wstat system call - recompile", "_wstat");
	fails(_fwstat(0, part), "old fwstat system call - recompile", "_fwstat");
	memset(name, 'x', sizeof name);
	memmove(name, "#c", 2);
	name[128] = '\0';
	fails(open(name, OREAD), "file name syntax", "a device name of 128 bytes");
	fd = create("/env/conf.one", OWRITE|ORCLOSE, 0666);
	ok(fd >= 0, "a variable");
	for(i = n = 0; i < 512*1024; i += n)
		if((n = pwrite(fd, part, sizeof part, i)) <= 0)
			break;
	is(i, 512*1024, "has 512 KiB");
	fails(pwrite(fd, part, 1, i), "read or write too large", "but not more");
	other = create("/env/conf.two", OWRITE|ORCLOSE, 0666);
	for(i = n = 0; i < 512*1024; i += n)
		if((n = pwrite(other, part, sizeof part, i)) <= 0)
			break;
	fails(n, "kernel allocate failed", "all together have less than 1 MiB");
	close(other);
	close(fd);
}

void
main(void)
{
	int fd;

	fd = create("conf.tmp", OWRITE, 0666);
	if(!ok(fd >= 0 && pwrite(fd, "0123456789", 10, -1) == 10, "the current directory is writable"))
		done();
	close(fd);
	opens();
	creates();
	stats();
	descriptors();
	transfers();
	strings();
	memory();
	others();
	is(remove("conf.tmp"), 0, "remove");
	done();
}
