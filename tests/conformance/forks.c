#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* rfork: what a child shares, copies and loses; facts/syscalls.md §4, abi.md §2, observed-devices.md §B. */
static char badarg[] = "bad arg in system call";
static char badfd[] = "fd out of range or not open";
static char nochild[] = "no living children";
static char inuse[] = "device or object already in use";
static char noattach[] = "mount/attach disallowed";

enum
{
	Page = 4096,
};

static int	data = 1;
static int	bss;
static char	big[5*Page] = "big";
static char	*heap;
static int	*local;	/* on main's stack */
static int	fd;
static int	pid;
static char	buf[512];

static void
nothing(void)
{
}

static void
flags(void)
{
	static struct
	{
		int	flags;
		char	*name;
	} bad[] = {
		{RFFDG|RFCFDG, "RFFDG and RFCFDG"},
		{RFNAMEG|RFCNAMEG, "RFNAMEG and RFCNAMEG"},
		{RFENVG|RFCENVG, "RFENVG and RFCENVG"},
		{RFPROC|RFFDG|RFCFDG, "RFFDG and RFCFDG for a child"},
		{RFPROC|RFNAMEG|RFCNAMEG, "RFNAMEG and RFCNAMEG for a child"},
		{RFPROC|RFENVG|RFCENVG, "RFENVG and RFCENVG for a child"},
		{RFMEM, "RFMEM without RFPROC"},
		{RFNOWAIT, "RFNOWAIT without RFPROC"},
		{RFMEM|RFNOWAIT|RFFDG, "both without RFPROC"},
	};
	int i;

	for(i = 0; i < nelem(bad); i++)
		fails(rfork(bad[i].flags), badarg, bad[i].name);
	fails(await(buf, sizeof buf), nochild, "none of these made a child");
	is(rfork(0), 0, "rfork of nothing");
	is(rfork(1<<20), 0, "an unknown bit");
	is(rfork(1<<7|1<<8|1<<9|1<<15|1<<31), 0, "all unknown bits");
	is(syscall(SYS_rfork, (uvlong)1<<32 | RFREND), 0, "the high half of the slot");
	fails(await(buf, sizeof buf), nochild, "nor did these");
	fine(1<<20|1<<15|1<<9|Fork, nothing, "unknown bits and RFPROC");
}

static void
whoami(void)
{
	if(getpid() != number("/dev/pid"))
		exits("Tos.pid is not /dev/pid");
	if(number("/dev/ppid") != pid)
		exits("/dev/ppid is not the parent");
	shared[1] = getpid();
}

static void
pids(void)
{
	int a, b, i, last;
	vlong r;

	pid = getpid();
	a = start(Fork, whoami);
	ok(a > 0, "the parent gets a pid");
	same(waitchild(a), "", "the child's Tos.pid, /dev/pid and /dev/ppid");
	is(shared[1], a, "the pid is the child's");
	is(getpid(), pid, "the parent's Tos.pid stays");
	b = start(Fork, nothing);
	ok(b > a, "the next child has a greater pid");
	waitchild(b);
	r = syscall(SYS_rfork, Fork);
	if(r == 0)
		_exits(nil);
	ok(r > b && r < (vlong)1<<31, "it is a positive number in 64 bits");
	waitchild(r);
	last = r;
	for(i = 0; i < 50; i++){
		a = start(Fork, nothing);
		if(a <= last)
			break;
		last = a;
		waitchild(a);
	}
	is(i, 50, "pids ascend");
}

static void
openfile(void)
{
	fd = open("/dev/null", OREAD);
	shared[1] = fd;
}

static void
closefile(void)
{
	close(fd);
}

static void
readfile(void)
{
	if(read(fd, buf, 3) != 3 || memcmp(buf, "abc", 3) != 0)
		exits("the child cannot read");
}

static void
noneopen(void)
{
	int i;

	for(i = 0; i < 100; i++)
		if(dup(i, i) != -1)
			exits("a descriptor is open");
	if(open("/dev/null", OREAD) != 0 || open("/dev/null", OREAD) != 1)
		exits("new ones do not begin at 0");
}

static void
owncopy(void)
{
	if(rfork(RFFDG) != 0)
		exits("RFFDG");
	if(dup(fd, fd) != fd)
		exits("the copy lacks a descriptor");
	close(fd);
}

static void
ownempty(void)
{
	if(rfork(RFCFDG) != 0)
		exits("RFCFDG");
	noneopen();
}

static void
closelater(void)
{
	shared[2] = 1;
	if(!until(2, 2))
		exits("too late");
	if(dup(fd, fd) != fd)
		exits("the parent's close closed it");
}

static void
sees(void)
{
	if(!until(2, 1) || dup(shared[1], -1) < 0)
		exits("the child does not see what its parent opened");
}

static void
many(void)
{
	int i;

	for(i = 0; i < 60; i++)
		if(dup(20+i, 20+i) != 20+i)
			exits("not all descriptors were copied");
}

static void
descriptors(void)
{
	int i, n, child;

	n = run(RFPROC, openfile)[0] == '\0' ? shared[1] : -1;
	is(dup(n, n), n, "shared table: the child's open is the parent's");
	fd = n;
	fine(RFPROC, closefile, "shared table: close in the child");
	fails(close(n), badfd, "closes it for the parent");
	shared[2] = 0;
	child = start(RFPROC, sees);
	shared[1] = open("/dev/null", OREAD);
	shared[2] = 1;
	same(waitchild(child), "", "shared table: what the parent opens later");
	close(shared[1]);

	fd = open("/dev/null", OREAD);
	fine(Fork, closefile, "RFFDG: close in the child");
	is(dup(fd, fd), fd, "leaves the parent's open");
	shared[2] = 0;
	child = start(Fork, closelater);
	until(2, 1);
	n = fd;
	close(fd);
	shared[2] = 2;
	same(waitchild(child), "", "RFFDG: close in the parent leaves the child's");
	fd = n;
	fine(Fork, openfile, "RFFDG: open in the child");
	is(shared[1], fd, "takes the lowest number of the copy");
	fails(close(fd), badfd, "and none of the parent's");

	fd = create("conf.a", ORDWR|ORCLOSE, 0666);
	write(fd, "abcdef", 6);
	seek(fd, 0, 0);
	fine(Fork, readfile, "RFFDG: the child reads");
	is(seek(fd, 0, 1), 3, "and moves the parent's offset");
	close(fd);
	fine(RFPROC|RFCFDG, noneopen, "RFCFDG: the child has none");
	is(write(1, "", 0), 0, "RFCFDG: the parent's are open");
	fd = open("/dev/null", OREAD);
	fine(RFPROC, owncopy, "RFFDG without RFPROC: a table of its own");
	is(dup(fd, fd), fd, "what it closes stays open elsewhere");
	fine(RFPROC, ownempty, "RFCFDG without RFPROC: an empty table");
	is(dup(fd, fd), fd, "the other processes keep theirs");
	for(i = 0; i < 60; i++)
		dup(fd, 20+i);
	fine(Fork, many, "RFFDG: sixty more descriptors");
	for(i = 0; i < 60; i++)
		close(20+i);
	close(fd);
}

static char*
env(char *name)
{
	static char value[32];
	int f, n;

	snprint(buf, sizeof buf, "/env/%s", name);
	f = open(buf, OREAD);
	if(f < 0)
		return "none";
	n = read(f, value, sizeof value-1);
	value[n < 0 ? 0 : n] = '\0';
	close(f);
	return value;
}

static void
setenv(char *name, char *value)
{
	int f;

	snprint(buf, sizeof buf, "/env/%s", name);
	f = create(buf, OWRITE, 0666);
	write(f, value, strlen(value));
	close(f);
}

static void
changeenv(void)
{
	if(strcmp(env("conf"), "old") != 0)
		exits("the child does not see the variable");
	setenv("conf", "new");
	setenv("conf2", "child");
}

static void
changeown(void)
{
	if(rfork(RFENVG) != 0)
		exits("RFENVG");
	changeenv();
}

static void
emptyenv(void)
{
	int f, n;

	if(strcmp(env("conf"), "none") != 0)
		exits("the child sees the variable");
	f = open("#e", OREAD);
	n = read(f, buf, sizeof buf);
	if(n != 0)
		exits("#e is not empty");
	setenv("conf", "child");
	if(strcmp(env("conf"), "child") != 0)
		exits("nothing can be set");
}

static void
emptyown(void)
{
	if(rfork(RFCENVG) != 0)
		exits("RFCENVG");
	emptyenv();
}

static void
keepsopen(void)
{
	/* an open file stays with the group that it was opened in */
	if(read(fd, buf, 3) != 3 || memcmp(buf, "old", 3) != 0)
		exits("the open file is not the parent's");
}

static void
environment(void)
{
	setenv("conf", "old");
	fine(Fork, changeenv, "shared environment");
	same(env("conf"), "new", "the child's change is seen");
	same(env("conf2"), "child", "its new variable, too");
	remove("/env/conf2");
	setenv("conf", "old");
	fine(Fork|RFENVG, changeenv, "RFENVG: a copy");
	same(env("conf"), "old", "the child's change is not seen");
	same(env("conf2"), "none", "nor its new variable");
	fine(Fork|RFCENVG, emptyenv, "RFCENVG: empty");
	same(env("conf"), "old", "the parent's stays");
	fine(Fork, changeown, "RFENVG without RFPROC: a copy");
	same(env("conf"), "old", "the others keep theirs");
	fine(Fork, emptyown, "RFCENVG without RFPROC: empty");
	same(env("conf"), "old", "nobody else loses any");
	fd = open("/env/conf", OREAD);
	fine(Fork|RFCENVG, keepsopen, "a descriptor of the old environment");
	close(fd);
	remove("/env/conf");
}

static int
there(char *name)
{
	int f;

	f = open(name, OREAD);
	if(f >= 0)
		close(f);
	return f >= 0;
}

static void
bindnull(void)
{
	if(bind("#c", "/mnt", MREPL) < 0)
		exits("bind");
	if(!there("/mnt/null"))
		exits("bind has no effect");
}

static void
bindown(void)
{
	if(rfork(RFNAMEG) != 0)
		exits("RFNAMEG");
	bindnull();
}

static void
hasbind(void)
{
	if(!there("/mnt/null"))
		exits("the copy lacks a mount");
	unmount(nil, "/mnt");
	if(there("/mnt/null"))
		exits("unmount has no effect");
}

static void
emptyspace(void)
{
	if(open("/dev/null", OREAD) != -1 || strcmp(error(), "file does not exist: '/dev/null'") != 0)
		exits("/dev/null is there");
	if(!there("#c/null"))
		exits("#c is not there");
	if(!there("/"))
		exits("there is no root");
}

static void
emptyownspace(void)
{
	if(rfork(RFCNAMEG) != 0)
		exits("RFCNAMEG");
	emptyspace();
}

static int
refused(char *name)
{
	return open(name, OREAD) == -1 && strcmp(error(), noattach) == 0;
}

static void
restricted(void)
{
	if(!refused("#s") || !refused("#/") || !refused("#g"))
		exits("a device can be attached");
	if(!there("#c/null") || !there("#e") || !there("#d"))
		exits("#c, #e or #d cannot be attached");
	if(!there("/dev/null"))
		exits("a name of the name space is lost");
}

static void
restrictlater(void)
{
	if(rfork(RFNAMEG|RFNOMNT) != 0)
		exits("RFNOMNT");
	restricted();
	if(mount(0, -1, "/mnt", MREPL, "") != -1 || strcmp(error(), noattach) != 0)
		exits("mount is not refused");
	if(rfork(RFNAMEG) != 0 || !refused("#/"))
		exits("a copy is not restricted");
	if(rfork(RFCNAMEG) != 0 || !refused("#/"))
		exits("RFCNAMEG lifts the restriction");
	if(!there("#e"))
		exits("RFCNAMEG restricts more");
}

static void
restrictall(void)
{
	/* the grandchild restricts the group that it shares with this process */
	if(rfork(RFNAMEG) != 0 || !there("#/"))
		exits("RFNAMEG");
	if(run(Fork|RFNOMNT, nothing)[0] != '\0')
		exits("the grandchild");
	restricted();
}

static void
elsewhere(void)
{
	if(chdir("/dev") < 0 || !there("null"))
		exits("chdir");
}

static void
fromdev(void)
{
	if(!there("null"))
		exits("dot is not the parent's");
	chdir("/");
}

static void
namespaces(void)
{
	char here[256];
	int f;

	f = open(".", OREAD);
	fd2path(f, here, sizeof here);
	close(f);
	fine(Fork, elsewhere, "chdir in the child");
	ok(!there("null"), "leaves the parent where it is");
	chdir("/dev");
	fine(Fork, fromdev, "the child begins in its parent's directory");
	ok(there("null"), "and leaves it there");
	chdir(here);
	fine(Fork|RFCNAMEG, emptyspace, "RFCNAMEG: nothing is mounted");
	ok(there("/dev/null"), "the parent's name space stays");
	fine(Fork, emptyownspace, "RFCNAMEG without RFPROC");
	ok(there("/dev/null"), "the others keep theirs");
	fine(Fork|RFNAMEG|RFNOMNT, restricted, "RFNOMNT: few devices can be attached");
	ok(there("#/"), "the parent is not restricted");
	fine(Fork, restrictlater, "RFNOMNT without RFPROC, and copies of the restricted name space");
	ok(there("#/"), "the others are not restricted");
	fine(Fork, restrictall, "RFNOMNT restricts all who share the name space");
	fine(Fork|RFNAMEG, bindnull, "RFNAMEG: bind in a copy");
	ok(!there("/mnt/null"), "is not seen");
	fine(Fork, bindown, "RFNAMEG without RFPROC: bind in a copy");
	ok(!there("/mnt/null"), "is not seen by others");
	fine(Fork, bindnull, "bind in a shared name space");
	ok(there("/mnt/null"), "is seen");
	fine(Fork|RFNAMEG, hasbind, "RFNAMEG: the copy has what was bound before");
	ok(there("/mnt/null"), "unmount there is not seen");
	unmount(nil, "/mnt");
}

static int
noteid(int n)
{
	char name[32];

	snprint(name, sizeof name, "/proc/%d/noteid", n);
	return number(name);
}

static void
samegroup(void)
{
	if(noteid(getpid()) != noteid(pid))
		exits("not the parent's note group");
}

static void
owngroup(void)
{
	if(noteid(getpid()) != getpid())
		exits("the note group is not its pid");
}

static void
newgroup(void)
{
	int old;

	old = noteid(getpid());
	if(rfork(RFNOTEG) != 0 || noteid(getpid()) == old)
		exits("the note group stays");
	old = noteid(getpid());
	if(rfork(RFNOTEG) != 0 || noteid(getpid()) != old)
		exits("a group of its own does not stay");
}

static void
notegroups(void)
{
	fine(Fork, samegroup, "the note group is the parent's");
	fine(Fork|RFNOTEG, owngroup, "RFNOTEG: its number is the child's pid");
	fine(Fork, newgroup, "RFNOTEG without RFPROC: a new one, which the second leaves alone");
}

static void
change(void)
{
	int mine;

	mine = 7;
	if(data != 1 || bss != 2 || strcmp(big, "big") != 0 || heap[Page] != 3 || *local != 4)
		exits("the child sees other values");
	data = 11;
	bss = 12;
	big[4*Page] = 13;
	heap[Page] = 14;
	*local = 15;
	shared[5] = 16;
	if(data != 11 || bss != 12 || big[4*Page] != 13 || heap[Page] != 14 || *local != 15 || mine != 7)
		exits("the child does not see what it wrote");
	shared[6] = 1;
}

static void
values(void)
{
	data = 1;
	bss = 2;
	big[4*Page] = 0;
	heap[Page] = 3;
	*local = 4;
	shared[5] = 5;
	shared[6] = 0;
}

static void
growheap(void)
{
	char *p;

	p = heap + 2*Page;
	if(brk_(p + 4*Page) != 0)
		exits("brk_ fails");
	p[3*Page] = 42;
	shared[3] = 0;
	if(brk_(heap) != -1 || strcmp(error(), inuse) != 0)
		exits("a shared bss can shrink");
}

static void
hold(void)
{
	shared[2] = 1;
	until(2, 2);
}

static void
holdgrown(void)
{
	shared[2] = 1;
	until(2, 2);
	if(heap[8*Page] != 77)
		exits("the child does not see what the parent's brk_ gave");
}

static void
attachown(void)
{
	if(segattach(0, "memory", (void*)0x60000000, Page) == (void*)-1)
		exits("segattach");
	*(int*)0x60000000 = 5;
}

static int	*attached;

static void
writeattached(void)
{
	if(*attached != 21)
		exits("the child does not see the value");
	*attached = 22;
}

static void
detach(void)
{
	if(segdetach(attached) != 0)
		exits("segdetach");
}

static void
grandchild(void)
{
	bss = 50;
	if(run(Fork|RFMEM, nothing)[0] != '\0' || start(Fork|RFMEM, nothing) < 0)
		exits("grandchildren");
	data = 51;
	waitall();
}

static void
deepstack(void)
{
	volatile char *sp;
	volatile uintptr here;
	int i;

	here = (uintptr)&i;
	sp = (char*)here - 2*1024*1024;
	for(i = 0; i < 2*1024*1024; i += Page)
		sp[i] = 1;
}

static void
counter(void)
{
	int i;

	for(i = 0; i < 100; i++)
		__atomic_fetch_add(&bss, 1, __ATOMIC_SEQ_CST);
}

static void
mypid(void)
{
	/* both run at the same time, each with a Tos at the same address */
	shared[2] = 1;
	until(2, 2);
	if(getpid() != number("/dev/pid"))
		exits("Tos.pid is not the child's");
}

/* Reads what only the kernel could have mixed up: pages of all kinds after both have written. */
static void
separate(void)
{
	int i;

	shared[2] = 1;
	until(2, 2);
	for(i = 0; i < 5; i++)
		if(big[i*Page+8] != 1)
			exits("the child sees what the parent writes");
}

static void
memory(void)
{
	int i, j, kids[8], child;
	char *p;

	heap = (char*)(((uintptr)sbrk(4*Page) + Page-1) & ~(uintptr)(Page-1));
	brk_(heap + 2*Page);

	values();
	fine(Fork, change, "the child sees and changes memory");
	is(data, 1, "data is copied");
	is(bss, 2, "bss is copied");
	is(big[4*Page], 0, "all pages are");
	is(heap[Page], 3, "the heap is copied");
	is(*local, 4, "the stack is copied");
	is(shared[5], 16, "a segment of class shared is shared");
	for(i = 0; i < 5; i++)
		big[i*Page+8] = 1;
	shared[2] = 0;
	child = start(Fork, separate);
	until(2, 1);
	for(i = 0; i < 5; i++)
		big[i*Page+8] = 2;
	shared[2] = 2;
	same(waitchild(child), "", "what the parent writes later is not seen");

	values();
	fine(Fork|RFMEM, change, "RFMEM: the child sees and changes memory");
	is(data, 11, "RFMEM: data is shared");
	is(bss, 12, "RFMEM: bss is shared");
	is(big[4*Page], 13, "RFMEM: all pages are");
	is(heap[Page], 14, "RFMEM: the heap is shared");
	is(*local, 4, "RFMEM: the stack is copied, to the same address");
	is(shared[5], 16, "RFMEM: a shared segment is shared");

	p = heap + 2*Page;
	fine(Fork|RFMEM, growheap, "RFMEM: brk_ in the child grows and refuses to shrink");
	is(p[3*Page], 42, "RFMEM: the parent has what the child's brk_ gave");
	shared[2] = 0;
	child = start(Fork|RFMEM, holdgrown);
	until(2, 1);
	fails(brk_(heap), inuse, "RFMEM: shrinking is refused");
	is(brk_(heap + 9*Page), 0, "RFMEM: growing is not");
	heap[8*Page] = 77;
	shared[2] = 2;
	same(waitchild(child), "", "RFMEM: the child has what the parent's brk_ gave");
	is(brk_(heap + 2*Page), 0, "when it is gone the bss can shrink again");
	shared[2] = 0;
	child = start(Fork, hold);
	until(2, 1);
	is(brk_(heap + Page), 0, "and also when a child has a copy");
	shared[2] = 2;
	waitchild(child);
	is(brk_(heap + 2*Page), 0, "and grow");
	attached = segattach(0, "shared", (void*)0x60000000, 2*Page);
	shared[2] = 0;
	child = start(Fork, hold);
	until(2, 1);
	fails((vlong)segbrk(attached, (char*)attached+Page), inuse, "a shared segment cannot shrink when two have it");
	shared[2] = 2;
	waitchild(child);
	is((vlong)segbrk(attached, (char*)attached+Page), 0, "and can when one has it");
	segdetach(attached);

	fine(Fork|RFMEM, attachown, "RFMEM: segattach in the child");
	fails(segdetach((void*)0x60000000), badarg, "is private");
	attached = segattach(0, "memory", nil, Page);
	*attached = 21;
	fine(Fork, writeattached, "a segment of class memory");
	is(*attached, 21, "is copied");
	fine(Fork|RFMEM, writeattached, "RFMEM: a segment of class memory");
	is(*attached, 22, "is shared");
	fine(Fork|RFMEM, detach, "RFMEM: segdetach in the child");
	is(*attached, 22, "leaves the parent's");
	segdetach(attached);

	values();
	fine(Fork|RFMEM, grandchild, "RFMEM: children of the child");
	ok(bss == 50 && data == 51, "share, too");
	fine(Fork, deepstack, "the child's stack has room");
	fine(Fork|RFMEM, deepstack, "RFMEM: the same");
	bss = 0;
	for(j = 0; j < nelem(kids); j++)
		kids[j] = start(Fork|RFMEM, counter);
	for(j = 0; j < nelem(kids); j++)
		waitchild(kids[j]);
	is(bss, 100*nelem(kids), "RFMEM: eight children count together");
	shared[2] = 0;
	child = start(Fork|RFMEM, mypid);
	until(2, 1);
	is(getpid(), pid, "RFMEM: the parent's Tos.pid while the child lives");
	shared[2] = 2;
	same(waitchild(child), "", "RFMEM: the child's Tos.pid");
}

static void
ppid(void)
{
	if(number("/dev/ppid") != pid)
		exits("ppid");
	shared[1] = 1;
}

static void
waiting(void)
{
	int child;

	shared[1] = 0;
	child = start(Fork|RFNOWAIT, ppid);
	ok(child > 0, "RFNOWAIT gives a pid");
	fails(await(buf, sizeof buf), nochild, "RFNOWAIT: it is no child");
	ok(until(1, 1), "RFNOWAIT: it lives, and its ppid is the parent");
	child = start(Fork, nothing);
	shared[1] = 0;
	start(Fork|RFNOWAIT, ppid);
	until(1, 1);
	is(waitany(buf, sizeof buf), child, "RFNOWAIT: only the other child is waited for");
	fails(await(buf, sizeof buf), nochild, "RFNOWAIT: then there is none");
	fine(Fork|RFNOTEG, nothing, "RFNOTEG");
	fine(Fork|RFMEM|RFNAMEG|RFENVG|RFNOTEG, nothing, "everything at once");
	fine(RFPROC|RFCFDG|RFCNAMEG|RFCENVG|RFREND|RFNOTEG, nothing, "nothing at all is left");
	is(rfork(RFREND), 0, "RFREND without RFPROC");
	is(rfork(RFNOTEG|RFFDG|RFENVG|RFNAMEG), 0, "several without RFPROC");
}

extern void	rawcall(uvlong, uvlong*, uvlong);
extern uvlong	afterregs[], afterstack[], aftersse[], somesse[];
extern uvlong	wantpc, wantsp;

static char*
badregister(uvlong flags)
{
	uvlong *r;
	int i;

	r = afterregs;
#ifdef __x86_64__
	extern uint afterfp[];
	extern ushort afterx87[];

	if(r[7] != wantsp)
		return "sp";
	if(r[14] != ((uvlong)0xc0de<<48 | 14) || r[15] != ((uvlong)0xc0de<<48 | 15))
		return "r14 or r15";
	if(r[16] != flags)
		return "flags";
	if(afterfp[0] != 0x7fbf || (afterfp[1] & 0xffff) != 0xf7f)
		return "mxcsr or fcw";
	if(afterx87[4] != 0x4000 || afterx87[3] != 0xc90f)
		return "x87 stack";
	i = 6;
#else
	extern uvlong afterfp[];

	if(r[1] != wantsp || r[2] != wantpc || (u32int)r[3] != flags)
		return "r1, r2 or r3";
	if(r[31] != wantsp)
		return "sp";
	if(r[32] != flags)
		return "nzcv";
	for(i = 26; i <= 30; i++)
		if(r[i] != ((uvlong)0xc0de<<48 | i))
			return "r26 to r30";
	if(afterfp[0] != 0x07c00000 || afterfp[1] != 0x0800009f)
		return "fpcr or fpsr";
	i = 8;
#endif
	while(--i >= 0)
		if(aftersse[i] != somesse[i%2])
			return "vector registers";
	if(afterstack[1] != Fork)
		return "stack";
	return nil;
}

static void
registers(void)
{
	uvlong args[5] = {Fork};
#ifdef __x86_64__
	uvlong set = 1<<0 | 1<<2 | 1<<4 | 1<<6 | 1<<7 | 1<<11 | 0x202;
#else
	uvlong set = (uvlong)0xf0000000;
#endif
	char *s;

	rawcall(SYS_rfork, args, set);
	s = badregister(set);
	if(afterregs[0] == 0)
		_exits(s);
	ok(s == nil, s != nil ? s : "registers that the call keeps for the parent");
	s = waitchild(afterregs[0]);
	same(s, "", "the child has them, too: sp, pc, flags, floating point");
}

static void
noerror(void)
{
	char *s;

	s = error();
	exits(s[0] != '\0' ? "there is one" : nil);
}

static void
alarmed(void)
{
	alarm(20);
	sleep(2000);
	exits(nnotes == 1 && strcmp(notes[0], "alarm") == 0 ? nil : "the handler was not called");
}

static void
dead(void)
{
	exits("why");
}

static int
depth(int n)
{
	int child;
	char *s;

	if(n == 0)
		return 0;
	child = rfork(Fork);
	if(child == 0){
		snprint(buf, sizeof buf, "%d", depth(n-1));
		_exits(buf);
	}
	s = waitchild(child);
	return atoi(s) + 1;
}

static void
inheritance(void)
{
	char user[32], text[256], *s;
	int i, n, kids[40], good;

	seterror("the parent's error");
	n = start(Fork, noerror);
	same(error(), "the parent's error", "rfork leaves the parent's error string");
	same(waitchild(n), "", "the child's is empty");
	catch(keep);
	fine(Fork, alarmed, "the child has its parent's handler");
	catch(nil);
	same(run(Fork, alarmed), "alarm", "or none");
	n = start(Fork, dead);
	waitany(text, sizeof text);
	snprint(user, sizeof user, "%s %d: why", program, n);
	same(text, user, "the name is the parent's");
	is(depth(20), 20, "a chain of twenty generations");
	for(i = 0; i < nelem(kids); i++){
		kids[i] = rfork(Fork);
		if(kids[i] == 0){
			snprint(buf, sizeof buf, "%d", i);
			_exits(buf);
		}
	}
	good = 0;
	while((n = waitany(text, sizeof text)) > 0){
		s = unprefixed(text);
		i = atoi(s);
		if(i >= 0 && i < nelem(kids) && kids[i] == n)
			good++;
	}
	is(good, nelem(kids), "forty children at the same time");
}

void
main(int argc, char *argv[])
{
	int onstack;

	USED(argc);
	local = &onstack;
	sharing(argv[0]);
	flags();
	pids();
	descriptors();
	environment();
	memory();
	waiting();
	registers();
	inheritance();
	namespaces();
	notegroups();
	done();
}
