#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* Pipes; facts/syscalls.md §3 (pipe semantics), observed-devices.md A.5, A.7, A.23 and B. */
static char	badarg[] = "bad arg in system call";
static char	hungup[] = "i/o on hungup channel";
static char	interrupted[] = "interrupted";
static char	perm[] = "permission denied";
static char	usefd[] = "inappropriate use of fd";
static char	stream[] = "seek on a stream";
static char	closednote[] = "sys: write on closed pipe pc=0x*";

enum
{
	Atomic = 65536,
	Limit = 4*Atomic,
	Fixed = 49,	/* an entry with empty strings */
};

static int	p[2];
static int	count, size;
static char	buf[3*Atomic];
static uchar	entry[512];

static void
new(void)
{
	if(pipe(p) < 0)
		sysfatal("pipe: %r");
}

static void
both(void)
{
	close(p[0]);
	close(p[1]);
}

/* What can be read from fd now, by its entry. */
static vlong
length(int fd)
{
	vlong n;

	memset(entry, 0, sizeof entry);
	if(fstat(fd, entry, sizeof entry) < Fixed)
		return -1;
	memcpy(&n, entry+33, 8);
	return n;
}

static uvlong
qid(int fd)
{
	uvlong n;

	fstat(fd, entry, sizeof entry);
	memcpy(&n, entry+13, 8);
	return n;
}

/* fwstat or wstat that changes nothing but the length, or nothing at all for ~0. */
static int
setlength(int fd, char *name, vlong n)
{
	uchar e[Fixed];

	memset(e, 0xff, sizeof e);
	e[0] = Fixed-2;
	e[1] = 0;
	memcpy(e+33, &n, 8);
	memset(e+41, 0, 8);
	return name != nil ? wstat(name, e, sizeof e) : fwstat(fd, e, sizeof e);
}

/* The text that one read gives. */
static char*
text(int fd, int n)
{
	static char t[64];

	n = read(fd, t, n);
	if(n < 0)
		return "read failed";
	t[n] = '\0';
	return t;
}

static void
making(void)
{
	char path[64];
	int fd, q[2];

	fd = dup(0, -1);
	close(fd);
	is(pipe(p), 0, "pipe");
	ok(p[0] == fd && p[1] == fd+1, "gives the two lowest free descriptors");
	is(write(p[0], "one", 3), 3, "the first one can be written");
	same(text(p[1], 60), "one", "and read from the second");
	is(write(p[1], "other", 5), 5, "the second one can be written");
	same(text(p[0], 60), "other", "and read from the first");
	fd2path(p[0], path, sizeof path);
	same(path, "#|/data", "fd2path of the first");
	fd2path(p[1], path, sizeof path);
	same(path, "#|/data1", "fd2path of the second");
	is(qid(p[0])&31, 1, "its qid ends in 1");
	is(qid(p[1]), qid(p[0])+1, "the other's is the next");
	is(pipe(q), 0, "a second pipe");
	ok(qid(q[0])>>5 != qid(p[0])>>5, "has another number");
	close(q[0]);
	close(q[1]);
	snprint(path, sizeof path, "/fd/%dctl", p[0]);
	fd = open(path, OREAD);
	memset(buf, 0, 200);
	read(fd, buf, 199);
	close(fd);
	like(buf, "* rw |    0 (* 0 00) 65536 *#|/data\n", "its line in /fd: mode, device, iounit, path");
	fails(seek(p[0], 0, 0), stream, "seek");
	fails(seek(p[1], 5, 1), stream, "seek of the second");
	fails(seek(p[0], 0, 2), stream, "seek from the end");
	write(p[0], "x", 1);
	is(pwrite(p[0], "yz", 2, 1000), 2, "pwrite does not look at the offset");
	is(pread(p[1], buf, 10, 77), 1, "nor does pread");
	is(pread(p[1], buf, 10, 0), 2, "even at 0");
	fails(pread(p[1], buf, 10, -2), "negative i/o offset", "but it must not be negative");
	both();
	fails(read(p[1], buf, 1), "fd out of range or not open", "a closed end");
}

static void
full(void)
{
	int fd, last, q[2];

	close(2);
	last = -1;
	while((fd = dup(0, -1)) >= 0)
		last = fd;
	if(last != 4999)
		_exits("the last descriptor is not 4999");
	close(last);
	q[0] = q[1] = 7;
	if(pipe(q) != -1)
		_exits("pipe with one free descriptor works");
	if(strcmp(error(), "no free file descriptors") != 0)
		_exits("the error is another one");
	if(q[0] != -1 || q[1] != -1)
		_exits("the descriptors are not -1");
	if(dup(0, -1) != last)
		_exits("the free descriptor was taken");
	close(last-1);
	close(last);
	if(pipe(q) != 0)
		_exits("with two it does not work either");
}

static void
boundaries(void)
{
	int i;

	new();
	write(p[0], "abc", 3);
	write(p[0], "", 0);
	write(p[0], "defgh", 5);
	is(length(p[1]), 8, "fstat tells how much can be read");
	is(length(p[0]), 0, "at that end");
	same(text(p[1], 60), "abc", "a read is one write");
	is(read(p[1], buf, 60), 0, "a write of nothing reads like an end");
	same(text(p[1], 2), "de", "what does not fit");
	is(read(p[1], buf, 0), 0, "a read of nothing takes nothing");
	is(length(p[1]), 3, "is still there");
	same(text(p[1], 60), "fgh", "for the next read");
	memset(buf, 'a', Atomic);
	memset(buf+Atomic, 'b', 30000);
	is(write(p[0], buf, Atomic+30000), Atomic+30000, "a write of more than 64 KiB");
	memset(buf, 0, sizeof buf);
	is(read(p[1], buf, sizeof buf), Atomic, "is more than one block");
	is(read(p[1], buf+Atomic, sizeof buf-Atomic), 30000, "each is read alone");
	for(i = 0; i < Atomic+30000; i++)
		if(buf[i] != (i < Atomic ? 'a' : 'b'))
			break;
	is(i, Atomic+30000, "and nothing is lost");
	is(write(p[0], buf, Atomic), Atomic, "64 KiB");
	is(read(p[1], buf, sizeof buf), Atomic, "are one block");
	both();
}

/* Writes count messages; shared[1] is how many have come back. */
static void
writer(void)
{
	int i;

	close(p[1]);
	for(i = 0; i < count; i++){
		if(write(p[0], buf, size) != size)
			_exits("write fails");
		shared[1]++;
	}
}

/* Waits until shared[i] does not change any more. */
static int
still(int i)
{
	int before, t;

	before = -1;
	for(t = 0; t < 5; t++){
		sleep(20);
		if(((volatile int*)shared)[i] != before)
			t = 0;
		before = shared[i];
	}
	return before;
}

/* Messages of n bytes: the writer waits in number lo or hi. */
static void
filled(int n, int limit, int lo, int hi, char *name)
{
	int i, pid, done;

	new();
	if(limit >= 0)
		setlength(p[0], nil, limit);
	size = n;
	count = hi+10;
	shared[1] = 0;
	pid = start(Fork, writer);
	done = still(1);
	if(!ok(done+1 == lo || done+1 == hi, name))
		print("# it waits in number %d\n", done+1);
	is(length(p[1]), (done+1)*n, "the writer waits after its message was queued");
	for(i = 0; i < count; i++)
		if(read(p[1], buf, sizeof buf) != n)
			break;
	is(i, count, "reading lets it go on");
	same(waitchild(pid), "", "to its end");
	both();
}

static void
limits(void)
{
	filled(1, -1, 2520, 2521, "messages of a byte fill a pipe");
	filled(0, -1, 2520, 2521, "messages of nothing, too");
	filled(1024, -1, 232, 232, "messages of 1 KiB");
	filled(Atomic, -1, 4, 4, "messages of 64 KiB");
	filled(1024, 4096, 4, 4, "a limit of 4 KiB");
	filled(10, 0, 1, 1, "a limit of nothing");
	new();
	is(setlength(p[0], nil, Limit), Fixed, "fwstat of a length sets the limit");
	is(setlength(p[1], nil, 0), Fixed, "for the other end, too");
	fails(setlength(p[0], nil, Limit+1), badarg, "more than 256 KiB");
	fails(setlength(p[0], nil, ~0LL), badarg, "fwstat of nothing");
	both();
}

static void
writesome(void)
{
	close(p[1]);
	write(p[0], "some", 4);
}

static void
waitabit(void)
{
	sleep(100);
}

static void
closeone(void)
{
	sleep(50);
	close(p[0]);
}

static void
writeclosed(void)
{
	new();
	close(p[1]);
	write(p[0], "x", 1);
	_exits("went on");
}

static void
ends(void)
{
	vlong t;
	int fd, pid;

	new();
	pid = start(Fork, writesome);
	close(p[0]);
	same(waitchild(pid), "", "a child writes and ends");
	same(text(p[1], 60), "some", "what it wrote can be read");
	is(read(p[1], buf, 60), 0, "then comes the end");
	is(read(p[1], buf, 60), 0, "once more");
	is(read(p[1], buf, 60), 0, "and a third time");
	fails(read(p[1], buf, 60), hungup, "then reading fails");
	fails(read(p[1], buf, 60), hungup, "for ever");
	fails(read(p[1], buf, 0), hungup, "even of nothing");
	catch(keep);
	fails(write(p[1], "x", 1), hungup, "so does writing");
	is(nnotes, 1, "which posts a note");
	like(notes[0], closednote, "and this is what it says");
	fails(write(p[1], "", 0), hungup, "writing nothing");
	is(nnotes, 2, "posts one, too");
	close(p[1]);

	new();
	close(p[0]);
	fails(write(p[1], "x", 1), hungup, "writing before any read from a closed pipe");
	is(read(p[1], buf, 1), 0, "reading still shows the end");
	is(length(p[1]), 0, "nothing can be read");
	close(p[1]);
	catch(nil);
	like(run(Fork, writeclosed), closednote, "the note kills who has no handler");

	new();
	fd = dup(p[0], -1);
	close(p[0]);
	is(write(p[1], "x", 1), 1, "a duplicate keeps an end open");
	same(text(fd, 9), "x", "and reads");
	close(fd);
	close(p[1]);

	new();
	pid = start(Fork, waitabit);
	close(p[0]);
	t = nsec();
	is(read(p[1], buf, 1), 0, "a child keeps an end open");
	ok(nsec()-t > 50000000, "as long as it lives");
	same(waitchild(pid), "", "the reader sees its end before wait does");
	close(p[1]);

	new();
	pid = start(RFPROC, closeone);
	is(read(p[1], buf, 1), 0, "closing in a shared table of descriptors closes for all");
	fails(close(p[0]), "fd out of range or not open", "it is closed here, too");
	waitchild(pid);
	close(p[1]);

	new();
	pid = start(Fork, closeone);
	close(p[0]);
	is(read(p[1], buf, 1), 0, "a reader that waits is told of the end");
	waitchild(pid);
	close(p[1]);
}

/* Waits in a write that has been queued while its parent closes the other end. */
static void
lastwrite(void)
{
	close(p[1]);
	if(write(p[0], "queued", 6) != 6)
		_exits("a write whose reader goes fails");
	if(write(p[0], "x", 1) != -1)
		_exits("the next one does not fail");
	if(nnotes != 1)
		_exits("there is not one note");
}

static void
notesandpipes(void)
{
	vlong t;
	int pid;

	catch(keep);
	new();
	alarm(50);
	t = nsec();
	fails(read(p[1], buf, 1), interrupted, "a note interrupts a read");
	ok(nsec()-t < 2000000000, "at once");
	is(nnotes, 1, "there is one note");
	same(notes[0], "alarm", "the alarm");
	setlength(p[0], nil, 0);
	nnotes = 0;
	alarm(50);
	fails(write(p[0], "data", 4), interrupted, "a note interrupts a write that waits");
	is(nnotes, 2, "then there are two notes");
	same(notes[0], "alarm", "the alarm");
	like(notes[1], closednote, "and one as if the pipe were closed");
	is(length(p[1]), 4, "although everything has been written");
	same(text(p[1], 60), "data", "and can be read");
	both();

	new();
	setlength(p[0], nil, 0);
	nnotes = 0;
	pid = start(Fork, lastwrite);
	close(p[0]);
	sleep(50);
	close(p[1]);
	same(waitchild(pid), "", "a write that waits comes back when its reader goes");
	catch(nil);
}

/* Sends a megabyte that can be checked. */
static void
megabyte(void)
{
	int i, n;

	close(p[1]);
	for(n = 0; n < 1<<20; n += sizeof buf){
		for(i = 0; i < sizeof buf; i++)
			buf[i] = (n+i)>>8 ^ (n+i);
		i = sizeof buf;
		if(n+i > 1<<20)
			i = (1<<20)-n;
		if(write(p[0], buf, i) != i)
			_exits("write fails");
	}
}

/* Reads one message of a byte and says so. */
static void
readone(void)
{
	uchar c;

	close(p[0]);
	if(read(p[1], &c, 1) != 1)
		_exits("no byte");
	shared[c]++;
}

static void
letters(void)
{
	int i;

	for(i = 0; i < 200; i++)
		if(write(p[0], buf, 1000) != 1000)
			_exits("write fails");
}

static void
echo(void)
{
	int n;

	close(p[0]);
	while((n = read(p[1], buf, sizeof buf)) > 0)
		if(write(p[1], buf, n) != n)
			_exits("write fails");
}

static void
traffic(void)
{
	int i, m, n, pid, pids[5];

	new();
	pid = start(Fork, megabyte);
	close(p[0]);
	for(n = 0; (m = read(p[1], buf, 9973)) > 0; n += m){
		for(i = 0; i < m; i++)
			if(buf[i] != (char)((n+i)>>8 ^ (n+i)))
				break;
		if(i < m)
			break;
	}
	is(n, 1<<20, "a megabyte comes through a pipe as it was");
	same(waitchild(pid), "", "from one write after another");
	close(p[1]);

	new();
	memset(shared+'a', 0, 5*sizeof *shared);
	for(i = 0; i < nelem(pids); i++)
		pids[i] = start(Fork, readone);
	for(i = 0; i < nelem(pids); i++)
		write(p[0], "abcde"+i, 1);
	for(i = n = 0; i < nelem(pids); i++)
		n += waitchild(pids[i])[0] == '\0';
	is(n, 5, "five readers of one end");
	for(i = 0; i < 5 && shared['a'+i] == 1; i++)
		;
	is(i, 5, "each message goes to one of them");
	both();

	new();
	for(i = 0; i < 2; i++){
		memset(buf, 'a'+i, 1000);
		pids[i] = start(Fork, letters);
	}
	close(p[0]);
	for(n = 0; read(p[1], buf, sizeof buf) == 1000; n++){
		for(i = 1; i < 1000 && buf[i] == buf[0]; i++)
			;
		if(i != 1000)
			break;
	}
	is(n, 400, "two writers do not mix their messages");
	waitchild(pids[0]);
	waitchild(pids[1]);
	close(p[1]);

	new();
	pid = start(Fork, echo);
	close(p[1]);
	for(i = 0; i < 500; i++)
		if(write(p[0], &i, sizeof i) != sizeof i || read(p[0], &n, sizeof n) != sizeof n || n != i)
			break;
	is(i, 500, "500 times there and back");
	close(p[0]);
	same(waitchild(pid), "", "until the pipe is closed");
}

/* Both of these share their parent's descriptors, as threads do. */
static void
readheld(void)
{
	shared[1] = 1;
	if(read(p[0], buf, sizeof buf) != 5)
		_exits("the read ends otherwise");
	if(read(p[0], buf, sizeof buf) != -1 || strcmp(error(), "fd out of range or not open") != 0)
		_exits("the descriptor is not closed");
}

static void
readonce(void)
{
	shared[1] = 1;
	if(read(p[0], buf, sizeof buf) != 5)
		_exits("the read ends otherwise");
}

static void
readcaught(void)
{
	catch(keep);
	shared[1] = 1;
	if(read(p[0], buf, sizeof buf) != -1 || strcmp(error(), interrupted) != 0)
		_exits("the read is not interrupted");
	sleep(200);
}

static void
writeonce(void)
{
	static char large[6*Atomic];

	shared[1] = 1;
	if(write(p[1], large, sizeof large) != sizeof large)
		_exits("the write ends otherwise");
}

/* A child that waits in f with the same descriptors. */
static int
thread(void (*f)(void))
{
	int pid;

	new();
	shared[1] = 0;
	pid = start(RFPROC|RFREND, f);
	until(1, 1);
	sleep(30);
	return pid;
}

static void
closing(void)
{
	int fd, n, pid;

	pid = thread(readheld);
	close(p[0]);
	is(write(p[1], "hello", 5), 5, "a pipe that is read stays when its descriptor is closed");
	same(waitchild(pid), "", "until that read has ended");
	catch(keep);
	fails(write(p[1], "x", 1), hungup, "then nobody has it");
	catch(nil);
	close(p[1]);

	pid = thread(readonce);
	fd = open("/dev/null", OREAD);
	dup(fd, p[0]);
	is(write(p[1], "hello", 5), 5, "nor does it matter that the descriptor is another file's");
	same(waitchild(pid), "", "the read is of the pipe");
	both();
	close(fd);

	pid = thread(readcaught);
	close(p[0]);
	post(pid, "note", "stop", 4);
	sleep(30);
	catch(keep);
	fails(write(p[1], "x", 1), hungup, "a note ends that read, and the pipe");
	catch(nil);
	same(waitchild(pid), "", "while the reader lives on");
	close(p[1]);

	pid = thread(writeonce);
	close(p[1]);
	for(fd = 0; (n = read(p[0], buf, sizeof buf)) > 0; fd += n)
		;
	is(fd, 6*Atomic, "a write that waits goes on when its descriptor is closed");
	same(waitchild(pid), "", "to its end");
	close(p[0]);
}

static void
directory(void)
{
	int a, b, d, n, hint;

	rfork(RFNAMEG);
	is(bind("#|", "/n", MREPL|MCREATE), 0, "bind a pipe");
	d = open("/n", OREAD);
	n = read(d, buf, sizeof buf);
	a = n > 41 ? *(ushort*)buf+2 : 0;
	ok(n > a && a+*(ushort*)(buf+a)+2 == n, "its directory has two entries");
	ok(memcmp(buf+41, "\4\0data", 6) == 0, "data");
	ok(memcmp(buf+a+41, "\5\0data1", 7) == 0, "and data1");
	is(*(u32int*)(buf+21), 0666, "which everybody may read and write");
	is(pread(d, buf, sizeof buf, 0), 0, "pread at 0 does not begin again");
	fails(seek(d, 0, 0), stream, "and seek cannot");
	close(d);
	memset(entry, 0, sizeof entry);
	stat("/n", entry, sizeof entry);
	is(*(u32int*)(entry+21), DMDIR|0500, "its mode");
	is(entry[2], '|', "its type");
	fails(open("/n", OWRITE), "bad arg in system call: '/n'", "open the directory for writing");
	fails(open("/n", ORDWR), "bad arg in system call: '/n'", "or both");
	fails(open("#|", OWRITE), badarg, "or by its device's name");
	fails(create("/n/new", OWRITE, 0666), "permission denied: '/n/new'", "create something there");
	fails(remove("/n/data"), perm, "remove data");
	fails(setlength(-1, "/n", 0), perm, "wstat of the directory");
	fails(open("/n/data2", OREAD), "file does not exist: '/n/data2'", "no third end");
	fails(open("/n/data/x", OREAD), "not a directory: '/n/data'", "nothing below an end");
	fails(stat("#|", entry, 1), "stat buffer too small", "stat with a byte of room");
	n = stat("#|", entry, sizeof entry);
	is(stat("#|", entry, 20), 2, "stat with too little room");
	hint = *(ushort*)entry;
	is(hint+2, n-1, "says one byte less than it needs");
	is(stat("#|", entry, hint+2), 2, "so that is too little again");
	is(stat("#|", entry, n), n, "one more is enough");

	a = open("/n/data", OREAD);
	b = open("/n/data1", OWRITE);
	ok(a >= 0 && b >= 0, "open the ends");
	fails(write(a, "x", 1), usefd, "one for reading cannot be written");
	fails(read(b, buf, 1), usefd, "one for writing cannot be read");
	is(write(b, "by name", 7), 7, "write the other");
	same(text(a, 60), "by name", "read the one");
	write(b, "left", 4);
	close(b);
	same(text(a, 60), "left", "a closed writer leaves what it wrote");
	is(read(a, buf, 9), 0, "then comes the end");
	b = open("/n/data1", ORDWR);
	catch(keep);
	fails(write(b, "x", 1), hungup, "opened again while the other end is still open");
	is(nnotes, 1, "it posts the note");
	is(read(b, buf, 1), 0, "and reads an end");
	catch(nil);
	close(a);
	close(b);
	a = open("/n/data", ORDWR);
	b = open("/n/data1", ORDWR);
	is(write(a, "new", 3), 3, "when both were closed it is as new");
	same(text(b, 60), "new", "in both directions");
	write(b, "lost", 4);
	close(a);
	a = open("/n/data", ORDWR);
	is(length(a), 0, "what was written to an end that went is lost");
	close(a);
	close(b);
	a = open("#|/data", ORDWR);
	b = open("#|/data1", ORDWR);
	ok(qid(a)>>5 != qid(b)>>5, "each #| is another pipe");
	close(a);
	close(b);
	unmount(nil, "/n");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	making();
	fine(Fork, full, "pipe with one free descriptor fails and leaves it");
	boundaries();
	limits();
	ends();
	notesandpipes();
	traffic();
	closing();
	directory();
	done();
}
