#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"

/* /proc: every file of a process, and what its ctl file does; facts/devices.md §5, observed-devices.md A.16-A.18, §B. */
static char Ebadarg[] = "bad arg in system call";
static char Ebadctl[] = "bad process or channel control request";
static char Ebadfd[] = "fd out of range or not open";
static char Einuse[] = "device or object already in use";
static char Eperm[] = "permission denied";
static char Eprocdied[] = "process exited";
static char Etoobig[] = "read or write too large";

#ifdef __x86_64__
enum
{
	Uregsize = 184,
	Pc = 144,
	Sp = 168,
};
static uchar eight[] = {0xb8, 8, 0, 0, 0, 0xc3};	/* mov $8, %eax; ret */
#else
enum
{
	Uregsize = 280,
	Pc = 256,
	Sp = 248,
};
static uchar eight[] = {0x00, 0x01, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};	/* mov w0, #8; ret */
#endif

/* What shared[] is used for. */
enum
{
	Count,	/* the child counts here */
	Go,	/* it goes on when this is set */
	Said,	/* it tells something */
};

#define TELL ((volatile int*)shared)

static char	buf[8192];
static int	mine = 1;
static int	p[2];
static int	self;

static char*
file(int pid, char *name)
{
	static char path[2][64];
	static int i;

	i = !i;
	snprint(path[i], sizeof path[i], "/proc/%d/%s", pid, name);
	return path[i];
}

/* The contents of a file that gives them in one read. */
static char*
contents(int pid, char *name)
{
	int fd, n;

	fd = open(file(pid, name), OREAD);
	if(fd < 0){
		snprint(buf, sizeof buf, "%r");
		return buf;
	}
	n = pread(fd, buf, sizeof buf-1, 0);
	if(n < 0)
		n = snprint(buf, sizeof buf, "%r");
	buf[n] = '\0';
	close(fd);
	return buf;
}

static int
put(int pid, char *name, char *text)
{
	int fd, n;
	char err[ERRMAX];

	fd = open(file(pid, name), OWRITE);
	if(fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	if(n < 0)
		rerrstr(err, sizeof err);
	close(fd);
	if(n < 0)
		errstr(err, sizeof err);
	return n;
}

static int
ctl(int pid, char *verb)
{
	return put(pid, "ctl", verb) < 0 ? -1 : 0;
}

/* The word for what a process does. */
static char*
state(int pid)
{
	static char word[12];
	int i;

	contents(pid, "status");
	for(i = 0; i < 11 && buf[56+i] != ' '; i++)
		word[i] = buf[56+i];
	word[i] = '\0';
	return word;
}

/* Waits until a process is in this state, for two seconds at most. */
static int
becomes(int pid, char *want)
{
	int t;

	for(t = 0; t < 400; t++){
		if(strcmp(state(pid), want) == 0)
			return 1;
		sleep(5);
	}
	print("# state is %s, want %s\n", state(pid), want);
	return 0;
}

static void
blocked(void)
{
	char c;

	mine = 2;
	if(read(p[0], &c, 1) != 1)
		exits("read failed");
	exits(mine == 3 ? "changed" : nil);
}

/* Counts until it may go. */
static void
counting(void)
{
	while(TELL[Go] == 0)
		TELL[Count]++;
	TELL[Go] = 0;
}

static void
spinning(void)
{
	counting();
}

/* A child that counts, and is stopped. */
static int
stopped(void (*f)(void))
{
	int pid;

	TELL[Go] = TELL[Count] = TELL[Said] = 0;
	pid = start(Fork, f);
	while(TELL[Count] == 0)
		sleep(0);
	ctl(pid, "stop");
	return pid;
}

static void
letgo(int pid)
{
	TELL[Go] = 1;
	ctl(pid, "start");
	waitchild(pid);
}

/* The names in a directory, or the permissions. */
static void
list(char *path, char *to, int perms)
{
	uchar d[4096];
	int fd, i, n, len;
	char *t;

	t = to;
	*t = '\0';
	fd = open(path, OREAD);
	while((n = read(fd, d, sizeof d)) > 0)
		for(i = 0; i < n; i += 2 + (d[i]|d[i+1]<<8)){
			len = d[i+41]|d[i+42]<<8;
			if(t != to)
				*t++ = ' ';
			if(perms)
				t += snprint(t, 16, "%o", (d[i+21]|d[i+22]<<8)&0777);
			else{
				memmove(t, d+i+43, len);
				t += len;
				*t = '\0';
			}
		}
	close(fd);
}

static void
directories(void)
{
	char names[4096], path[64], want[32];
	uchar d[256];
	int fd;

	list("/proc", names, 0);
	ok(strncmp(names, "trace ", 6) == 0, "the first entry of /proc is trace");
	snprint(want, sizeof want, "* %d*", self);
	ok(match(want, names), "and this process is another");
	snprint(path, sizeof path, "/proc/%d", self);
	list(path, names, 0);
	same(names, "args ctl fd fpregs kfpregs kregs mem note noteid notepg ns ppid proc regs segment status text wait "
		"profile syscall watchpt", "names of a process's files");
	list(path, names, 1);
	same(names, "660 640 444 640 440 440 640 640 664 640 444 444 440 640 444 444 640 440 440 440 640", "and their permissions");
	fd = open(path, OREAD);
	fstat(fd, d, sizeof d);
	is(d[9]|d[10]<<8|d[11]<<16|d[12]<<24, self, "the version of the directory is the pid");
	close(fd);
	stat(file(self, "ctl"), d, sizeof d);
	is(d[9]|d[10]<<8|d[11]<<16|d[12]<<24, self, "that of a file, too");
	stat(file(self, "regs"), d, sizeof d);
	is(d[33]|d[34]<<8, Uregsize, "regs is as long as a Ureg");
	fails(open("/proc/x", OREAD), "file does not exist: '/proc/x'", "a name that is no number");
	fails(open("/proc/0", OREAD), "file does not exist: '/proc/0'", "process 0");
	fails(open("/proc/0001", OREAD), "file does not exist: '/proc/0001'", "a number with zeros");
	fails(open("/proc/12345678/status", OREAD), "file does not exist: '/proc/12345678'", "a process that is not there");
	snprint(want, sizeof want, "permission denied: '/proc/%d'", self);
	fails(open(path, OWRITE), want, "write the directory");
	snprint(path, sizeof path, "/proc/%d/x", self);
	snprint(want, sizeof want, "permission denied: '/proc/%d/x'", self);
	fails(create(path, OWRITE, 0666), want, "create in it");
	fails(remove(file(self, "ctl")), Eperm, "remove from it");
	fd = open(file(self, "status"), OREAD);
	fd2path(fd, names, sizeof names);
	same(names, file(self, "status"), "fd2path of a file");
	close(fd);
	snprint(names, sizeof names, "permission denied: '%s'", file(self, "status"));
	fails(open(file(self, "status"), OWRITE), names, "status cannot be written");
	snprint(names, sizeof names, "permission denied: '%s'", file(self, "notepg"));
	fails(open(file(self, "notepg"), OREAD), names, "notepg cannot be read");
}

static void
numbers(void)
{
	char want[16];
	int fd, pid;

	snprint(want, sizeof want, "%11d ", self);
	same(contents(self, "ctl"), want, "ctl reads as the pid");
	pipe(p);
	pid = start(Fork, blocked);
	same(contents(pid, "ppid"), want, "ppid of a child");
	same(contents(pid, "noteid"), contents(self, "noteid"), "a child is in the same note group");
	fd = open(file(self, "ctl"), OREAD);
	is(pread(fd, buf, 5, 9), 3, "ctl at an offset");
	is(pread(fd, buf, 5, 12), 0, "ctl at its end");
	close(fd);
	ok(becomes(pid, "Pread"), "a reader of a pipe is in Pread");
	write(p[1], "x", 1);
	same(waitchild(pid), "", "it goes on");
	close(p[0]);
	close(p[1]);
}

static void
waiting(void)
{
	start(Fork, blocked);
	await(buf, sizeof buf);
}

static void
meeting(void)
{
	rendezvous((void*)1, nil);
}

static void
sleeping(void)
{
	sleep(10000);
}

static void
acquiring(void)
{
	semacquire(&shared[20], 1);
}

static void
oldreading(void)
{
	char c;

	_read(p[0], &c, 1);
}

static void
states(void)
{
	static struct
	{
		void	(*f)(void);
		char	*state;
	} tab[] = {
		{waiting, "Await"},
		{meeting, "Rendez"},
		{sleeping, "Sleep"},
		{acquiring, "Semacquire"},
		{oldreading, "_read"},
	};
	char name[64];
	int i, pid;

	same(state(self), "Pread", "who reads its own status is in Pread");
	pipe(p);
	for(i = 0; i < nelem(tab); i++){
		pid = start(Fork, tab[i].f);
		snprint(name, sizeof name, "a process in %s", tab[i].state);
		ok(becomes(pid, tab[i].state), name);
		snprint(name, sizeof name, "kill ends %s", tab[i].state);
		ctl(pid, "kill");
		same(waitchild(pid), "Killed", name);
		if(i == 0){
			write(p[1], "x", 1);
			sleep(20);
		}
	}
	close(p[0]);
	close(p[1]);
}

static void
status(char *argv0)
{
	char *s, name[64];
	int i, n;

	contents(self, "status");
	is(strlen(buf), 176, "status has 176 bytes");
	ok(buf[175] == '\n' && buf[27] == ' ' && buf[55] == ' ' && buf[67] == ' ', "in three columns of words");
	s = strrchr(argv0, '/');
	s = s != nil ? s+1 : argv0;
	snprint(name, sizeof name, "%-27s ", s);
	buf[28] = '\0';
	same(buf, name, "the first is the program's name");
	contents(self, "status");
	n = 0;
	for(i = 68; i < 175; i++)
		n += (buf[i] == ' ' && buf[i-1] != ' ');
	is(n, 8, "nine numbers");
	is(atoi(buf+67+12*7), 10, "the base priority is 10");
	ok(atoi(buf+67+12*6) > 0, "some memory is in use");
	ctl(self, "pri 7");
	is(atoi(contents(self, "status")+67+12*7), 7, "pri sets the priority");
	ctl(self, "fixedpri 10");
	is(atoi(contents(self, "status")+67+12*7), 10, "so does fixedpri");
}

static void
segments(void)
{
	char *s, want[64];
	void *a;

	contents(self, "segment");
	s = strchr(buf, '\n');
	*s = '\0';
	snprint(want, sizeof want, "Stack     %8p %8p    1", (void*)((uvlong)(_tos+1) - (16<<20)), _tos+1);
	like(buf, "Stack     *    1", "the first segment is the stack");
	ok(match("* 7ffffefff000 7ffffffff000 *", buf) || match("* 7feff0000 7ffff0000 *", buf), "of 16 MB");
	USED(want);
	like(s+1, "Text   R  *", "then comes the text, read-only");
	s = strchr(s+1, '\n');
	like(s+1, "Data      *", "then data");
	s = strchr(s+1, '\n');
	like(s+1, "Bss       *", "then bss");
	a = segattach(0, "memory", nil, 8192);
	contents(self, "segment");
	for(s = buf; strchr(s, '\n')[1] != '\0'; )
		s = strchr(s, '\n')+1;
	snprint(want, sizeof want, "Bss       %llx %llx    1\n", (uvlong)a, (uvlong)a+8192);
	same(s, want, "an attached segment comes last");
	segdetach(a);
	a = segattach(SG_RONLY, "shared", nil, 4096);
	contents(self, "segment");
	for(s = buf; strchr(s, '\n')[1] != '\0'; )
		s = strchr(s, '\n')+1;
	snprint(want, sizeof want, "Shared R  %llx %llx    1\n", (uvlong)a, (uvlong)a+4096);
	same(s, want, "a shared one that is read-only");
	segdetach(a);
}

static void
arguments(int argc, char *argv[])
{
	char want[1024], long_[200], *s;
	int fd, i, pid;

	s = want;
	*s = '\0';
	for(i = 0; i < argc; i++)
		s += snprint(s, want+sizeof want-s, "%s%s", i == 0 ? "" : " ", argv[i][0] == '\0' ? "''" : argv[i]);
	if(strlen(want) < 100)
		same(contents(self, "args"), want, "args are the arguments, quoted");
	else
		ok(1, "args are the arguments, quoted # SKIP too long here");
	pipe(p);
	pid = start(Fork, blocked);
	same(contents(pid, "args"), "", "a process that did not exec has none");
	is(put(pid, "args", "it's me"), 7, "write args");
	snprint(want, sizeof want, "%s [it's me]", program);
	same(contents(pid, "args"), want, "then they are in brackets");
	fd = open(file(pid, "args"), ORDWR);
	fails(pwrite(fd, "x", 1, 1), Etoobig, "write args at an offset");
	memset(long_, 'x', sizeof long_);
	fails(pwrite(fd, long_, 128, 0), Etoobig, "write 128 bytes of args");
	is(pwrite(fd, long_, 127, 0), 127, "127 bytes are fine");
	close(fd);
	write(p[1], "x", 1);
	waitchild(pid);
	close(p[0]);
	close(p[1]);
}

static void
descriptors(void)
{
	char dot[512], *s;
	int fd, f, n, lines;

	f = open(".", OREAD);
	fd2path(f, dot, sizeof dot-1);
	close(f);
	strcpy(dot+strlen(dot), "\n");
	same(contents(self, "fd"), dot, "the first read of fd gives the current directory alone");
	pipe(p);
	f = open("/dev/null", OWRITE);
	fd = open(file(self, "fd"), OREAD);
	n = read(fd, dot, sizeof dot);
	ok(n > 0, "fd can be read on");
	lines = 0;
	while((n = read(fd, buf, sizeof buf-1)) > 0){
		buf[n] = '\0';
		s = strchr(buf, '\n');
		if(s == nil || s[1] != '\0')
			break;
		if(atoi(buf) == f)
			like(buf, "* w  c    0 (* 0 00)     0        0 /dev/null\n", "the line of /dev/null");
		if(atoi(buf) == p[0])
			like(buf, "* rw |    0 (* 0 00) 65536        0 #|/data\n", "the line of a pipe");
		lines++;
	}
	is(n, 0, "every read gives one line");
	ok(lines >= 6, "one for each descriptor");
	is(read(fd, buf, 10), 0, "and then nothing");
	is(pread(fd, buf, 3, 1), 3, "an offset starts again from the top");
	close(fd);
	close(f);
	close(p[0]);
	close(p[1]);
}

/* The lines of ns that are not in old. */
static int
nslines(char *to, int max, int skip)
{
	int fd, n, lines;
	char *t;

	fd = open(file(getpid(), "ns"), OREAD);
	lines = 0;
	for(t = to; (n = read(fd, t, to+max-1-t)) > 0; lines++)
		if(lines >= skip)
			t += n;
	*t = '\0';
	close(fd);
	return lines;
}

static void
binding(void)
{
	char was[4096], is_[4096], want[600], dot[512];
	int n, fd;

	n = nslines(was, sizeof was, 0);
	fd = open(".", OREAD);
	fd2path(fd, dot, sizeof dot);
	close(fd);
	snprint(want, sizeof want, "cd %s\n", dot);
	nslines(is_, sizeof is_, n-1);
	if(strcmp(is_, want) != 0)
		exits(is_);
	if(bind("#c", "/mnt", MREPL) < 0 || bind("#e", "/mnt", MAFTER|MCREATE) < 0)
		exits("bind failed");
	nslines(is_, sizeof is_, n-1);
	snprint(want, sizeof want, "bind  #c /mnt\nbind -ac #e /mnt\ncd %s\n", dot);
	if(strcmp(is_, want) != 0)
		exits(is_);
	unmount(nil, "/mnt");
	nslines(is_, sizeof is_, 0);
	if(strcmp(is_, was) != 0)
		exits("unmount left something");
	bind("#d", "/mnt", MBEFORE);
	nslines(is_, sizeof is_, n-1);
	snprint(want, sizeof want, "bind -b #d /mnt\nbind  /mnt /mnt\ncd %s\n", dot);
	if(strcmp(is_, want) != 0)
		exits(is_);
	chdir("/mnt");
	nslines(is_, sizeof is_, n+1);
	if(strcmp(is_, "cd /mnt\n") != 0)
		exits(is_);
}

static void
namespaces(void)
{
	char first[256];

	fine(Fork|RFNAMEG, binding, "ns shows what is bound, in order, and the place");
	contents(self, "ns");
	snprint(first, sizeof first, "%s", buf);
	ok(strchr(first, '\n') != nil && strchr(first, '\n')[1] == '\0', "a read of ns gives one line");
}

static int __attribute__((noinline))
seven(void)
{
	__asm__ volatile("");
	return 7;
}

static void
calling(void)
{
	counting();
	TELL[Said] = seven();
}

static void
memory(void)
{
	uvlong top;
	int fd, pid, n, x;
	char c;

	pipe(p);
	pid = start(Fork, blocked);
	becomes(pid, "Pread");
	fd = open(file(pid, "mem"), ORDWR);
	ok(fd >= 0, "open mem");
	x = 0;
	is(pread(fd, &x, sizeof x, (uvlong)&mine), sizeof x, "read a variable of a blocked child");
	is(x, 2, "it is the child's");
	is(mine, 1, "and not ours");
	top = (uvlong)(_tos+1);
	is(pread(fd, buf, 100, top-8), 8, "a read ends with the segment");
	fails(pread(fd, buf, 1, top), Ebadarg, "read above the stack");
	fails(pread(fd, buf, 1, 0), Ebadarg, "read address 0");
	fails(pread(fd, buf, 1, (vlong)1<<46), Ebadarg, "read where nothing is");
	fails(pread(fd, buf, 1, (vlong)1<<63), "negative i/o offset", "read at the highest offset");
	is(pread(fd, &c, 1, (uvlong)seven), 1, "read text");
	x = 3;
	fails(pwrite(fd, &x, sizeof x, (uvlong)&mine), Ebadctl, "write the memory of a process that is not stopped");
	write(p[1], "x", 1);
	same(waitchild(pid), "", "nothing was written");
	fails(pread(fd, &x, sizeof x, (uvlong)&mine), Eprocdied, "the process has gone");
	close(fd);

	pid = stopped(calling);
	same(state(pid), "Stopped", "a stopped child is Stopped");
	fd = open(file(pid, "mem"), ORDWR);
	is(pwrite(fd, &x, sizeof x, (uvlong)&mine), sizeof x, "write a variable of a stopped child");
	x = 0;
	pread(fd, &x, sizeof x, (uvlong)&mine);
	is(x, 3, "it is there");
	fails(pwrite(fd, buf, 16, top-8), Ebadarg, "write beyond the end of a segment");
	fails(pwrite(fd, buf, 1, 0), Ebadarg, "write address 0");
	is(pwrite(fd, eight, sizeof eight, (uvlong)seven), sizeof eight, "write text");
	close(fd);
	contents(pid, "segment");
	n = 0;
	for(x = 0; buf[x] != '\0'; x++)
		n += strncmp(buf+x, "Data ", 5) == 0;
	is(n, 2, "that makes the text data");
	ok(!match("*Text *", buf), "and there is no text any more");
	TELL[Go] = 1;
	ctl(pid, "start");
	same(waitchild(pid), "", "the child ends well");
	is(TELL[Said], 8, "it has run the new code");
	is(seven(), 7, "our own text is as it was");
	contents(self, "segment");
	ok(match("*\nText   R  *", buf), "and still text");
	close(p[0]);
	close(p[1]);
}

static void
jumped(void)
{
	TELL[Said] = 42;
	_exits("jumped");
}

static void
registers(void)
{
	uchar regs[512];
	uvlong pc, sp, v;
	int fd, pid, n;

	pipe(p);
	pid = start(Fork, blocked);
	becomes(pid, "Pread");
	fd = open(file(pid, "regs"), ORDWR);
	is(pread(fd, regs, sizeof regs, 0), Uregsize, "regs of a blocked process");
	memmove(&pc, regs+Pc, 8);
	memmove(&sp, regs+Sp, 8);
	ok(sp > (uvlong)_tos-(16<<20) && sp < (uvlong)_tos, "its stack pointer is in the stack");
	ok(pc > 0x1000 && pc < (uvlong)&mine, "its pc in the text");
	is(pread(fd, &v, 8, Pc), 8, "regs at an offset");
	ok(v == pc, "gives the same");
	is(pread(fd, regs, 8, Uregsize-4), 4, "up to the end");
	is(pread(fd, regs, 8, Uregsize), 0, "and then nothing");
	write(p[1], "x", 1);
	waitchild(pid);
	fails(pread(fd, regs, 8, 0), Eprocdied, "regs of a process that has gone");
	close(fd);
	close(p[0]);
	close(p[1]);

	pid = stopped(spinning);
	fd = open(file(pid, "regs"), ORDWR);
	v = (uvlong)jumped;
	is(pwrite(fd, &v, 8, Pc), 8, "write the pc of a stopped process");
	pread(fd, &pc, 8, Pc);
	ok(pc == v, "it is there");
	is(pwrite(fd, &v, 8, Uregsize), 0, "writing behind the registers writes nothing");
	n = pwrite(fd, &v, 4, Uregsize+100);
	is(n, 0, "nor further behind");
	close(fd);
	ctl(pid, "start");
	same(waitchild(pid), "jumped", "it goes on there");
	is(TELL[Said], 42, "with its memory");
}

static void
stopping(void)
{
	char want[64];
	int pid, n, t;

	pid = stopped(spinning);
	same(state(pid), "Stopped", "stop stops");
	n = TELL[Count];
	sleep(50);
	is(TELL[Count], n, "it does not run");
	is(ctl(pid, "stop"), 0, "stop once more");
	is(ctl(pid, "waitstop"), 0, "waitstop when it is stopped");
	is(ctl(pid, "start"), 0, "start");
	for(t = 0; t < 40 && TELL[Count] == n; t++)
		sleep(50);
	ok(TELL[Count] != n, "it runs again");
	fails(ctl(pid, "start"), Ebadctl, "start what is not stopped");
	fails(ctl(pid, "startstop"), Ebadctl, "startstop what is not stopped");
	fails(ctl(pid, "startsyscall"), Ebadctl, "startsyscall what is not stopped");
	is(ctl(pid, "kill"), 0, "kill what runs");
	same(waitchild(pid), "Killed", "it is Killed");
	pid = stopped(spinning);
	is(ctl(pid, "kill"), 0, "kill what is stopped");
	same(waitchild(pid), "sys: killed", "then the note is its end");
	snprint(want, sizeof want, "file does not exist: '/proc/%d'", pid);
	fails(ctl(pid, "kill"), want, "kill what has gone");
}

static int	victim;

static void
poster(void)
{
	sleep(50);
	if(put(victim, "note", "hello") != 5)
		exits("post failed");
}

static void
stopper(void)
{
	ctl(victim, "waitstop");
}

static void
stopnotes(void)
{
	int i, pid, other;
	char name[32];

	pid = victim = stopped(spinning);
	other = start(Fork, poster);
	is(ctl(pid, "startstop"), 0, "startstop waits until a note comes");
	same(state(pid), "Stopped", "then the process is stopped");
	same(contents(pid, "note"), "hello", "and the note can be taken");
	same(contents(pid, "note"), "", "there is one only");
	same(waitchild(other), "", "the poster is done");
	for(i = 0; i < 5; i++){
		snprint(name, sizeof name, "note %d", i);
		is(put(pid, "note", name), strlen(name), "post a note to a stopped process");
	}
	fails(put(pid, "note", name), "note not posted", "five wait at most");
	same(contents(pid, "note"), "note 0", "the oldest is read first");
	while(contents(pid, "note")[0] != '\0')
		;
	ctl(pid, "start");
	other = start(Fork, stopper);
	ok(becomes(other, "Stopwait"), "who waits for another to stop is in Stopwait");
	fails(ctl(pid, "stop"), Einuse, "there can be one only");
	ctl(other, "interrupt");
	waitchild(other);
	is(ctl(pid, "stop"), 0, "then another can stop it");
	letgo(pid);
}

static void
opening(void)
{
	counting();
	open("/nosuch", OREAD);
	write(-1, "a b", 3);
	_exits("done");
}

static void
syscalls(void)
{
	char want[128];
	int pid;

	pid = stopped(opening);
	same(contents(pid, "syscall"), "", "no call has been traced");
	TELL[Go] = 1;
	is(ctl(pid, "startsyscall"), 0, "startsyscall stops before a call");
	same(state(pid), "Stopped", "there it is stopped");
	snprint(want, sizeof want, "%d %s Open * 0x*/\"/nosuch\" 0x0", pid, program);
	like(contents(pid, "syscall"), want, "syscall tells what call");
	ctl(pid, "startsyscall");
	like(contents(pid, "syscall"), " = -1 file does not exist: '/nosuch' 1* 1*\n", "and then what it gave");
	ctl(pid, "startsyscall");
	snprint(want, sizeof want, "%d %s Pwrite * -1  0x*/\"a.b\" 3 -1", pid, program);
	like(contents(pid, "syscall"), want, "the next call");
	ctl(pid, "startsyscall");
	like(contents(pid, "syscall"), " = -1 fd out of range or not open * *\n", "and what that gave");
	ctl(pid, "startsyscall");
	snprint(want, sizeof want, "%d %s Exits * 0x*/\"done\"", pid, program);
	like(contents(pid, "syscall"), want, "its last call");
	fails(ctl(pid, "startsyscall"), Eprocdied, "it does not come back from that");
	same(waitchild(pid), "done", "it is done");
}

/* Copies the running program, as text has it, to conf.exec. */
static int
copytext(void)
{
	int in, out, n;

	in = open(file(self, "text"), OREAD);
	out = create("conf.exec", OWRITE, 0777);
	while((n = read(in, buf, sizeof buf)) > 0)
		if(write(out, buf, n) != n)
			break;
	close(in);
	close(out);
	return in >= 0 && out >= 0 && n == 0;
}

static void
executing(void)
{
	char *argv[] = {"conf.exec", "child", "of proc", nil};

	while(TELL[Go] == 0)
		sleep(5);
	exec("conf.exec", argv);
	exits("exec failed");
}

static void
hanging(void)
{
	int pid;

	ok(copytext(), "a process can read its program from text");
	TELL[Go] = 0;
	pid = start(Fork, executing);
	is(ctl(pid, "hang"), 0, "hang");
	TELL[Go] = 1;
	is(ctl(pid, "waitstop"), 0, "waitstop until it has called exec");
	same(state(pid), "Stopped", "there it stops");
	same(contents(pid, "args"), "conf.exec child 'of proc'", "with its new arguments");
	is(ctl(pid, "nohang"), 0, "nohang");
	ctl(pid, "start");
	same(waitchild(pid), "child", "then it goes on");
	remove("conf.exec");
}

static void
notes(void)
{
	char long_[256];
	int fd, pid;

	memset(long_, 'n', sizeof long_);
	pid = stopped(spinning);
	fd = open(file(pid, "note"), OWRITE);
	fails(write(fd, long_, 128), Etoobig, "a note of 128 bytes");
	is(write(fd, long_, 127), 127, "one of 127");
	close(fd);
	ctl(pid, "start");
	long_[127] = '\0';
	like(waitchild(pid), "nnnnnnnnnn*", "a note kills");
	pid = stopped(spinning);
	is(put(pid, "note", ""), 0, "an empty note");
	ctl(pid, "start");
	same(waitchild(pid), "", "kills with an empty status");
	pid = stopped(spinning);
	is(put(pid, "note", "two\nlines\n"), 10, "a note with newlines");
	ctl(pid, "start");
	same(waitchild(pid), "two\nlines\n", "keeps them");
	fd = open(file(self, "note"), OREAD);
	fails(read(fd, buf, 0), "read or write too small", "read no byte of a note");
	is(read(fd, buf, 10), 0, "no note is waiting");
	close(fd);
}

static void
groups(void)
{
	char want[64];
	int fd, a, b;

	snprint(want, sizeof want, "%11d ", 0);
	pipe(p);
	a = start(Fork|RFNOTEG, blocked);
	b = start(Fork, blocked);
	snprint(want, sizeof want, "%11d ", a);
	same(contents(a, "noteid"), want, "RFNOTEG makes a group of the child's pid");
	fails(put(b, "noteid", "0"), Ebadarg, "noteid 0");
	fails(put(b, "noteid", "x"), Ebadarg, "noteid that is no number");
	fails(put(b, "noteid", "-1"), Eperm, "noteid -1");
	fails(put(b, "noteid", "123456"), Eperm, "a group that does not exist");
	is(put(b, "noteid", contents(a, "noteid")), 12, "join a group");
	same(contents(b, "noteid"), want, "it is in");
	fd = open(file(b, "notepg"), OWRITE);
	snprint(want, sizeof want, "%d", b);
	put(b, "noteid", want);
	is(write(fd, "bye", 3), 3, "post to a group");
	same(waitchild(a), "bye", "its member gets it");
	ok(becomes(b, "Pread"), "who has left it does not");
	is(write(fd, "more", 4), 4, "the group may be empty");
	fails(write(fd, buf, 128), Etoobig, "128 bytes to a group");
	close(fd);
	write(p[1], "x", 1);
	same(waitchild(b), "", "and lives on");
	close(p[0]);
	close(p[1]);
}

static void
nothing(void)
{
}

static void
waits(void)
{
	char want[64];
	int fd, pid, n;

	pid = start(Fork, nothing);
	fd = open(file(self, "wait"), OREAD);
	n = read(fd, buf, sizeof buf-1);
	buf[n < 0 ? 0 : n] = '\0';
	snprint(want, sizeof want, "%d * * * ''", pid);
	like(buf, want, "wait tells of a child");
	fails(read(fd, buf, sizeof buf), "no living children", "and has no other");
	pid = start(Fork, jumped);
	n = read(fd, buf, 5);
	is(n, 5, "a short read of wait");
	fails(await(buf, sizeof buf), "no living children", "loses the rest");
	USED(pid);
	close(fd);
}

static void
controls(void)
{
	char err[ERRMAX];
	int fd, pid, n;
	char c;

	fails(ctl(self, "fly"), "unknown control message \"fly\"", "an unknown verb");
	fails(ctl(self, "fly 'a b' c"), "unknown control message \"fly 'a b' c\"", "with arguments");
	fails(ctl(self, "pri"), "wrong #args in control message \"pri\"", "too few words");
	fails(ctl(self, "kill me"), "wrong #args in control message \"kill me\"", "too many words");
	fails(ctl(self, ""), "empty control message", "an empty message");
	fails(ctl(self, " \n"), "empty control message", "a blank message");
	is(ctl(self, "noswap\n"), 0, "a newline at the end");
	is(ctl(self, "'nohang'"), 0, "a verb in quotes");
	is(ctl(self, "wired 5"), 0, "wired to a processor");
	is(ctl(self, "close 99"), 0, "close a descriptor that is not open");
	fails(ctl(self, "close -1"), Ebadfd, "close -1");
	fd = dup(1, -1);
	snprint(buf, sizeof buf, "close %d", fd);
	is(ctl(self, buf), 0, "close a descriptor of ours");
	fails(close(fd), Ebadfd, "it is closed");
	pipe(p);
	pid = rfork(Fork);
	if(pid == 0){
		close(p[0]);
		for(;;)
			sleep(1000);
	}
	close(p[1]);
	while(number(file(pid, "ppid")) != self)
		sleep(5);
	is(ctl(pid, "closefiles"), 0, "closefiles");
	is(read(p[0], &c, 1), 0, "the other end of its pipe is closed");
	close(p[0]);
	ctl(pid, "kill");
	waitchild(pid);
	fails(ctl(self, "trace 1 2"), "args", "trace with two arguments");
	is(ctl(self, "trace 0"), 0, "trace 0");
	is(ctl(self, "event"), 0, "event");
	is(ctl(self, "expel"), 0, "expel");
	pid = stopped(spinning);
	fails(ctl(pid, "admit"), "edf params", "admit without parameters");
	fails(ctl(pid, "period 5x"), "unrecognized unit", "a time with a strange unit");
	fails(ctl(pid, "period 5."), "ill-formed number", "a time without fraction");
	fails(ctl(pid, "admit"), "T not set", "admit without a period");
	is(ctl(pid, "period 100ms"), 0, "period");
	fails(ctl(pid, "admit"), "C not set", "admit without a cost");
	is(ctl(pid, "cost 0.2"), 0, "cost");
	fails(ctl(pid, "admit"), "C > D", "admit with a cost above the deadline");
	is(ctl(pid, "deadline 200ms"), 0, "deadline");
	fails(ctl(pid, "admit"), "D > T", "admit with a deadline beyond the period");
	letgo(pid);
	is(ctl(self, "nointerrupt"), 0, "nointerrupt when nothing is pending");
	ctl(self, "interrupt");
	fails(sleep(1000), "interrupted", "interrupt makes the next call that waits fail");
	is(sleep(10), 0, "one only");
	pid = start(Fork, sleeping);
	becomes(pid, "Sleep");
	is(ctl(pid, "interrupt"), 0, "interrupt another");
	same(waitchild(pid), "", "its call ends, and there is no note");
	n = open(file(self, "profile"), OREAD);
	fails(read(n, buf, 100), "profile is off", "profile is off");
	close(n);
	USED(err);
}

/* What was counted, or what happened, while a child ran. */
static void
observing(void)
{
	uchar d[16];
	uint n;
	int fd, pid, t, trace, kinds;

	pid = stopped(spinning);
	is(ctl(pid, "profile"), 0, "profile");
	fd = open(file(pid, "profile"), OREAD);
	is(read(fd, &n, sizeof n), sizeof n, "profile can be read");
	is(n, 0, "nothing is counted yet");
	contents(pid, "segment");
	ok(match("*\nText   RP *", buf), "the text's line has a P");
	trace = open("/proc/trace", OREAD);
	ok(trace >= 0, "open trace");
	is(ctl(pid, "trace 1"), 0, "trace 1");
	ctl(pid, "start");
	for(t = 0; t < 40 && n == 0; t++){
		sleep(50);
		pread(fd, &n, sizeof n, 0);
	}
	ok(n >= 10 && n%10 == 0, "the ticks in which it ran are counted");
	is(pread(fd, &n, sizeof n, 1<<30), 0, "there is nothing behind");
	TELL[Go] = 1;
	waitchild(pid);
	close(fd);
	kinds = 0;
	while(read(trace, d, sizeof d) == sizeof d)
		if((d[0]|d[1]<<8|d[2]<<16|d[3]<<24) == pid)
			kinds |= 1<<d[4];
	ok(kinds & 1<<3, "trace tells that it ran");
	ok(kinds & 1<<10, "and that it ended");
	close(trace);
}

static void
watchpoints(void)
{
	static struct
	{
		char	*line;
		char	*error;
	} bad[] = {
		{"rw- 0x400000\n", "wrong number of fields"},
		{"rw- 0x400000 4 5\n", "wrong number of fields"},
		{"q-- 0x400000 4\n", "invalid type"},
		{"rr- 0x400000 4\n", "invalid type"},
		{"rw- zero 4\n", "invalid address"},
		{"rw- 0x400000 four\n", "invalid length"},
		{"rw- 0x7ffffffff000 4096\n", "bad address"},
	};
	int i, pid;

	pid = stopped(spinning);
	for(i = 0; i < nelem(bad); i++)
		fails(put(pid, "watchpt", bad[i].line), bad[i].error, bad[i].error);
	same(contents(pid, "watchpt"), "", "there are no watchpoints");
	is(put(pid, "watchpt", "rw- 1"), 0, "half a line does nothing");
#ifdef __x86_64__
	fails(put(pid, "watchpt", "r-- 0x400000 4\n"), "type must be rw-, -w- or --x", "a kind the CPU does not have");
	fails(put(pid, "watchpt", "--x 0x400000 4\n"), "length must be 1 on breakpoints", "a long breakpoint");
	fails(put(pid, "watchpt", "rw- 0x400002 4\n"), "address must be aligned according to length", "an odd address");
#else
	is(put(pid, "watchpt", "r-- 0x400000 4\n"), 15, "arm64 takes anything");
	same(contents(pid, "watchpt"), "r-- 0x0000000000400000 0x0000000000000004\n", "and shows it");
	is(put(pid, "watchpt", "\n"), 1, "an empty line clears them");
#endif
	letgo(pid);
}

static void
secret(void)
{
	ctl(getpid(), "private");
	if(open(file(getpid(), "mem"), OREAD) >= 0 || !match("permission denied: '*'", error()))
		exits("mem");
	if(open(file(getpid(), "regs"), OREAD) >= 0 || open(file(getpid(), "syscall"), OREAD) >= 0)
		exits("regs or syscall");
	if(open(file(getpid(), "status"), OREAD) < 0)
		exits("status");
}

static void
none(void)
{
	char want[64];
	int fd;

	fd = open("/dev/user", OWRITE);
	if(write(fd, "none", 4) != 4)
		exits("cannot become none");
	if(open(file(getpid(), "status"), OREAD) < 0)
		exits("own status");
	snprint(want, sizeof want, "permission denied: '%s'", file(self, "status"));
	if(open(file(self, "status"), OREAD) >= 0 || strcmp(error(), want) != 0)
		exits("status of another");
}

static void
permissions(void)
{
	uchar d[256];
	int n, pid;

	fine(Fork, secret, "private keeps memory and registers secret");
	fine(Fork, none, "none may not look at others");
	pid = stopped(spinning);
	n = stat(file(pid, "mem"), d, sizeof d);
	is((d[21]|d[22]<<8)&0777, 0640, "mem is 0640");
	memset(d+2, 0xff, 39);
	d[21] = 0600&0xff;
	d[22] = 0600>>8;
	d[23] = d[24] = 0;
	d[41] = d[42] = d[43] = d[44] = d[45] = d[46] = d[47] = d[48] = 0;
	d[0] = STATFIXLEN-2;
	d[1] = 0;
	USED(n);
	is(wstat(file(pid, "ctl"), d, STATFIXLEN), STATFIXLEN, "wstat of the mode of ctl");
	stat(file(pid, "mem"), d, sizeof d);
	is((d[21]|d[22]<<8)&0777, 0600, "changes mem as well");
	stat(file(pid, "wait"), d, sizeof d);
	is((d[21]|d[22]<<8)&0777, 0400, "and what others may read");
	letgo(pid);
}

static void
gone(void)
{
	char path[64], names[4096];
	uchar d[256];
	int ctlfd, statusfd, nsfd, textfd, dir, pgfd, pid, x;

	pid = stopped(spinning);
	ctlfd = open(file(pid, "ctl"), ORDWR);
	statusfd = open(file(pid, "status"), OREAD);
	nsfd = open(file(pid, "ns"), OREAD);
	textfd = open(file(pid, "text"), OREAD);
	pgfd = open(file(pid, "notepg"), OWRITE);
	snprint(path, sizeof path, "/proc/%d", pid);
	dir = open(path, OREAD);
	ok(textfd >= 0 && dir >= 0 && pgfd >= 0 && nsfd >= 0, "files of a living process");
	is(pread(textfd, &x, 4, 0), 4, "its text can be read");
	letgo(pid);
	fails(read(statusfd, buf, 10), Eprocdied, "read status of one that has gone");
	fails(read(ctlfd, buf, 10), Eprocdied, "read its ctl");
	fails(write(ctlfd, "kill", 4), Eprocdied, "write its ctl");
	fails(read(nsfd, buf, 10), Eprocdied, "read its ns");
	is(pread(textfd, &x, 4, 0), 4, "its text is still there");
	is(fstat(statusfd, d, sizeof d) > 0, 1, "fstat works");
	ok(read(dir, d, sizeof d) > 0, "its directory still lists");
	is(write(pgfd, "", 0), 0, "and its note group can be posted to");
	USED(names);
	snprint(names, sizeof names, "file does not exist: '%s'", path);
	fails(open(file(pid, "status"), OREAD), names, "but nothing is opened any more");
	close(ctlfd);
	close(statusfd);
	close(nsfd);
	close(textfd);
	close(dir);
	close(pgfd);
}

static void
faulting(void)
{
	close(2);
	*(volatile int*)(uintptr)shared[30] = 1;
}

/* Those that a fault has killed can be looked at, the last four of them. */
static void
broken(void)
{
	char want[64];
	int i, pids[5];

	shared[30] = 0;
	for(i = 0; i < nelem(pids); i++){
		pids[i] = start(Fork, faulting);
		like(waitchild(pids[i]), "sys: trap: fault write addr=0x0 pc=0x*", "a child dies of a fault");
	}
	for(i = 1; i < nelem(pids); i++)
		ok(becomes(pids[i], "Broken"), "it is Broken");
	sleep(30);
	snprint(want, sizeof want, "file does not exist: '/proc/%d'", pids[0]);
	fails(open(file(pids[0], "status"), OREAD), want, "but for the oldest of five");
	contents(pids[4], "segment");
	like(buf, "Stack *\nText   R *", "it has its memory");
	fails(put(pids[4], "note", "x"), "note not posted", "it takes no notes");
	ok(becomes(pids[4], "Broken"), "nor does it run");
	for(i = 1; i < nelem(pids); i++)
		is(ctl(pids[i], "kill"), 0, "kill it");
	sleep(30);
	snprint(want, sizeof want, "file does not exist: '/proc/%d'", pids[4]);
	fails(open(file(pids[4], "status"), OREAD), want, "and it is gone");
	fails(waitany(want, sizeof want), "no living children", "without another record");
}

void
main(int argc, char *argv[])
{
	if(argc > 1 && strcmp(argv[1], "child") == 0)
		exits("child");
	self = getpid();
	sharing(argv[0]);
	directories();
	numbers();
	status(argv[0]);
	states();
	segments();
	arguments(argc, argv);
	descriptors();
	namespaces();
	memory();
	registers();
	stopping();
	stopnotes();
	syscalls();
	hanging();
	notes();
	groups();
	waits();
	broken();
	controls();
	observing();
	watchpoints();
	permissions();
	gone();
	done();
}
