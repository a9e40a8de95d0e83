#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* rendezvous and semaphores; facts/syscalls.md §5, observed-amd64.md §g, observed-devices.md §B. */
static char badarg[] = "bad arg in system call";
static char interrupted[] = "interrupted";

enum
{
	Tag = 0x7a9,
	Most = 0x7fffffff,
};

static long	sem;
static long	datasem = 1;
static long	mutex;
static int	total;
static vlong	high = (vlong)0x123456789abcdef0;
static char	*volatile null;
static char	*page;

static vlong
meet(vlong tag, vlong value)
{
	return (vlong)rendezvous((void*)(uintptr)tag, (void*)(uintptr)value);
}

static void
partner(void)
{
	if(meet(Tag, 22) != 11)
		_exits("the child gets another value");
}

static void
latepartner(void)
{
	sleep(50);
	partner();
}

static void
wide(void)
{
	if(meet(high, ~high) != high)
		_exits("the child gets another value");
}

static void
minusone(void)
{
	if(meet(0, -1) != 0)
		_exits("the child gets another value");
}

/* Meets its parent at shared[1]; the value is its tag. */
static void
attag(void)
{
	int tag;

	tag = shared[1];
	shared[2] = 1;
	if(meet(tag, tag) != tag+1000)
		_exits("the child met somebody else");
}

static void
ownrend(void)
{
	rfork(RFREND);
	catch(keep);
	alarm(60);
	if(meet(Tag, 1) != -1)
		_exits("somebody in another group was met");
}

static void
alone(void)
{
	catch(keep);
	alarm(60);
	if(meet(Tag, 1) != -1)
		_exits("somebody in another group was met");
}

static void
killed(void)
{
	alarm(20);
	meet(Tag, 99);
}

/* Is taken out by a note, and comes again. */
static void
takenout(void)
{
	catch(keep);
	shared[2] = 1;
	if(meet(Tag, 99) != -1)
		_exits("it was met after the note");
	sleep(50);
	partner();
}

static void
brothers(void)
{
	int a, b;

	rfork(RFREND);
	a = start(Meet, partner);
	b = rfork(Meet);
	if(b == 0)
		_exits(meet(Tag, 11) == 22 ? nil : "the brother gets another value");
	if(waitchild(a)[0] != '\0' || waitchild(b)[0] != '\0')
		_exits("the brothers do not meet");
}

static void
meetings(void)
{
	int i, child, kids[4], good;

	catch(nil);
	child = start(Meet, latepartner);
	is(meet(Tag, 11), 22, "rendezvous: the parent waits");
	same(waitchild(child), "", "and the child comes");
	child = start(Meet, partner);
	sleep(50);
	is(meet(Tag, 11), 22, "the child waits");
	same(waitchild(child), "", "and the parent comes");
	child = start(Meet|RFMEM, partner);
	is(meet(Tag, 11), 22, "RFMEM: they meet");
	same(waitchild(child), "", "RFMEM: and exchange");
	child = start(Meet, wide);
	is(meet(high, high), ~high, "tag and value have 64 bits");
	same(waitchild(child), "", "both ways");
	child = start(Meet, minusone);
	is(meet(0, 0), -1, "tag 0, and -1 is a value");
	same(waitchild(child), "", "0 is one, too");

	catch(keep);
	child = start(Meet, wide);
	sleep(30);
	alarm(50);
	is(meet((u32int)high, 1), -1, "tags that differ in their high half do not meet");
	is(meet(high, high), ~high, "equal ones do");
	same(waitchild(child), "", "they exchange");
	catch(nil);

	for(i = 0; i < nelem(kids); i++){
		shared[1] = 100+i;
		shared[2] = 0;
		kids[i] = start(Meet, attag);
		until(2, 1);
	}
	good = 0;
	for(i = nelem(kids)-1; i >= 0; i--)
		if(meet(100+i, 1100+i) == 100+i)
			good++;
	is(good, nelem(kids), "four children wait at four tags");
	for(i = 0; i < nelem(kids); i++)
		if(waitchild(kids[i])[0] != '\0')
			break;
	is(i, nelem(kids), "each is met at its own");
	good = 0;
	for(i = 0; i < 20; i++){
		child = start(Meet, partner);
		if(meet(Tag, 11) == 22 && waitchild(child)[0] == '\0')
			good++;
	}
	is(good, 20, "the same tag again and again");
}

static void
groups(void)
{
	int child;

	child = start(Fork, alone);
	catch(keep);
	alarm(60);
	is(meet(Tag, 2), -1, "RFREND: parent and child do not meet");
	same(waitchild(child), "", "in neither direction");
	child = start(Meet, ownrend);
	alarm(60);
	is(meet(Tag, 2), -1, "RFREND without RFPROC: they do not meet");
	same(waitchild(child), "", "in neither direction, either");
	catch(nil);
	fine(Meet, brothers, "children of one group meet");
}

static void
partings(void)
{
	int child;

	catch(keep);
	seterror("before");
	alarm(30);
	is(meet(Tag, 5), -1, "a note ends rendezvous with all ones");
	same(error(), "before", "the error string stays");
	same(notes[0], "alarm", "the handler has run");
	child = start(Meet, latepartner);
	is(meet(Tag, 11), 22, "who was interrupted does not wait any more");
	same(waitchild(child), "", "so the right two meet");
	catch(nil);
	child = start(Meet, killed);
	same(waitchild(child), "alarm", "a note kills who waits");
	child = start(Meet, latepartner);
	is(meet(Tag, 11), 22, "the dead are not met");
	same(waitchild(child), "", "but the living");
	shared[2] = 0;
	child = start(Meet, takenout);
	until(2, 1);
	sleep(30);
	post(child, "note", "out", 3);
	is(meet(Tag, 11), 22, "nobody meets one whom a note has just taken out");
	same(waitchild(child), "", "before it comes again");
}

static void
values(void)
{
	long onstack;

	sem = 2;
	is(semacquire(&sem, 0), 1, "semacquire");
	is(sem, 1, "subtracts 1");
	is(semacquire(&sem, 1), 1, "a blocking one does not block");
	is(sem, 0, "while the value is positive");
	seterror("kept");
	is(semacquire(&sem, 0), 0, "not at 0");
	is(tsemacquire(&sem, 0), 0, "tsemacquire without time neither");
	same(error(), "kept", "that is no error");
	is(semrelease(&sem, 3), 3, "semrelease gives the new value");
	is(sem, 3, "which is stored");
	is(semrelease(&sem, 0), 3, "of 0 it changes nothing");
	is(tsemacquire(&sem, 1000), 1, "tsemacquire");
	is(sem, 2, "subtracts 1, too");
	fails(semrelease(&sem, -1), badarg, "semrelease of less than 0");
	is(sem, 2, "changes nothing");
	sem = -1;
	fails(semacquire(&sem, 0), badarg, "semacquire of a negative value");
	fails(semacquire(&sem, 1), badarg, "blocking");
	fails(tsemacquire(&sem, 0), badarg, "tsemacquire");
	fails(tsemacquire(&sem, 1000), badarg, "with time");
	fails(semrelease(&sem, 5), badarg, "semrelease");
	is(sem, -1, "nothing is changed");
	sem = Most;
	is(semrelease(&sem, 1), -(vlong)Most-1, "a sum that is too large becomes negative");
	fails(semacquire(&sem, 0), badarg, "and is an error from then on");
	is(semacquire(&datasem, 0), 1, "in data");
	onstack = 1;
	is(semacquire(&onstack, 1), 1, "on the stack");
	is(onstack, 0, "of the process itself");
	is(semrelease(&onstack, 1), 1, "both ways");
	is(semacquire((long*)(page+4092), 0), 0, "the last word of a segment");
	is(syscall(SYS_semrelease, &onstack, (uvlong)1<<32), 1, "the high half of delta does not count");
	sem = 1;
	is(syscall(SYS_semacquire, &sem, (uvlong)7<<32), 1, "nor does that of block");
	is(syscall(SYS_semacquire, &sem, (uvlong)7<<32), 0, "so this one does not block");
#ifdef __x86_64__
	long *odd;

	odd = (long*)(page+101);
	*odd = 1;
	is(semacquire(odd, 1), 1, "an odd address");
	is(semrelease(odd, 4), 4, "is as good as any");
#endif
}

static void
acquirenil(void)
{
	semacquire((long*)null, 0);
}

static void
timednil(void)
{
	tsemacquire((long*)null, 0);
}

static void
releasenil(void)
{
	semrelease((long*)null, 1);
}

static void
acquiretext(void)
{
	semacquire((long*)((uintptr)acquiretext & ~(uintptr)3), 0);
}

static void
releasetext(void)
{
	semrelease((long*)((uintptr)acquiretext & ~(uintptr)3), 1);
}

static void
acquireend(void)
{
	semacquire((long*)(page+4096), 0);
}

#ifdef __x86_64__
static void
acquireacross(void)
{
	semacquire((long*)(page+4094), 0);
}
#else
static void
acquireodd(void)
{
	semacquire((long*)(page+2), 0);
}

static void
releaseodd(void)
{
	semrelease((long*)1, 1);
}

static void
timedodd(void)
{
	tsemacquire((long*)(page+1), 0);
}
#endif

static void
addresses(void)
{
	char want[200];

	dies(acquirenil, "suicide: invalid address 0x0/4 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "semacquire of nil");
	dies(timednil, "suicide: invalid address 0x0/4 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "tsemacquire of nil");
	dies(releasenil, "suicide: invalid address 0x0/4 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "semrelease of nil");
	snprint(want, sizeof want, "suicide: invalid address 0x%p/4 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		(uintptr)acquiretext & ~(uintptr)3);
	dies(acquiretext, want, "=", "semacquire in text");
	dies(releasetext, want, "=", "semrelease in text");
	snprint(want, sizeof want, "suicide: invalid address 0x%p/4 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		page+4096);
	dies(acquireend, want, "=", "semacquire behind a segment");
#ifdef __x86_64__
	snprint(want, sizeof want, "suicide: invalid address 0x%p/4 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		page+4094);
	dies(acquireacross, want, "=", "across its end");
#else
	dies(acquireodd, "suicide: sys: odd address pc=0x*", "=", "semacquire of an odd address");
	dies(timedodd, "suicide: sys: odd address pc=0x*", "=", "tsemacquire");
	dies(releaseodd, "suicide: sys: odd address pc=0x*", "=", "semrelease, which looks at that first");
#endif
}

static int
goon(Ureg *u, char *text)
{
	return keep(u, text);
}

static void
handled(void)
{
	/* quietly: the kernel's line goes nowhere */
	close(2);
	catch(goon);
	if(semacquire((long*)null, 1) != -1 || strcmp(error(), badarg) != 0)
		_exits("semacquire does not fail");
	if(!match("sys: bad address in syscall pc=0x*", notes[0]))
		_exits(notes[0]);
}

static void
acquire(void)
{
	shared[2] = 1;
	if(semacquire(&sem, 1) != 1)
		_exits("semacquire fails");
	shared[3] = 1;
}

static void
acquireshared(void)
{
	shared[2] = 1;
	if(semacquire((long*)&shared[10], 1) != 1)
		_exits("semacquire fails");
	shared[3] = 1;
}

static void
acquiretimed(void)
{
	shared[2] = 1;
	if(tsemacquire(&sem, 5000) != 1)
		_exits("tsemacquire fails");
	shared[3] = 1;
}

/* A child that waits in f. */
static int
waiter(int flags, void (*f)(void))
{
	int pid;

	shared[2] = shared[3] = 0;
	pid = start(flags, f);
	until(2, 1);
	sleep(30);
	return pid;
}

static void
copied(void)
{
	catch(keep);
	alarm(100);
	shared[2] = 1;
	if(semacquire(&sem, 1) != -1 || strcmp(error(), interrupted) != 0)
		_exits("a semaphore of another process woke this one");
}

static void
onstack(void)
{
	long s;

	s = 0;
	catch(keep);
	alarm(50);
	if(semacquire(&s, 1) != -1)
		_exits("semacquire");
}

static void
dead(void)
{
	shared[2] = 1;
	alarm(20);
	semacquire(&sem, 1);
}

static void
blocking(void)
{
	int child;
	vlong t;

	sem = 0;
	child = waiter(Meet|RFMEM, acquire);
	is(shared[3], 0, "semacquire blocks at 0");
	is(semrelease(&sem, 1), 1, "semrelease gives 1 while the other is not yet awake");
	same(waitchild(child), "", "and wakes it");
	is(sem, 0, "which takes it");
	child = waiter(Meet|RFMEM, acquiretimed);
	semrelease(&sem, 1);
	same(waitchild(child), "", "tsemacquire is woken, too");
	is(sem, 0, "and takes it");
	shared[10] = 0;
	child = waiter(Fork, acquireshared);
	is(shared[3], 0, "in a shared segment it blocks");
	semrelease((long*)&shared[10], 1);
	same(waitchild(child), "", "and is woken by another process");
	is(shared[10], 0, "which takes it");

	child = waiter(Fork, copied);
	semrelease(&sem, 1);
	same(waitchild(child), "", "a copy of the semaphore is another one");
	is(sem, 1, "so nobody takes it");
	fine(Fork|RFMEM, onstack, "a stack is not shared");

	sem = 0;
	child = waiter(Meet|RFMEM, acquire);
	sem = 1;
	sleep(50);
	is(shared[3], 0, "a store wakes nobody");
	is(semrelease(&sem, 0), 1, "nor does semrelease of 0");
	sleep(30);
	is(shared[3], 0, "it still waits");
	is(semrelease(&sem, 1), 2, "semrelease of 1");
	same(waitchild(child), "", "wakes it");
	is(sem, 1, "it has taken 1 of 2");

	sem = 0;
	child = waiter(Meet|RFMEM, dead);
	same(waitchild(child), "alarm", "a note kills who waits");
	is(semrelease(&sem, 1), 1, "what is released for the dead");
	is(sem, 1, "is left");

	sem = 0;
	t = _nsec();
	seterror("kept");
	is(tsemacquire(&sem, 50), 0, "tsemacquire gives up");
	t = (_nsec() - t) / 1000000;
	ok(t >= 39 && t < 2000, "after its time");
	same(error(), "kept", "which is no error");
	catch(keep);
	alarm(30);
	fails(semacquire(&sem, 1), interrupted, "a note interrupts semacquire");
	alarm(30);
	fails(tsemacquire(&sem, 3000), interrupted, "and tsemacquire");
	is(nnotes, 2, "the handler ran for both");
	is(sem, 0, "the value stays");
	is(semrelease(&sem, 1), 1, "nobody waits any more");
	is(semacquire(&sem, 1), 1, "the next one gets it");
	catch(nil);
}

static void
ordered(void)
{
	int i;

	i = shared[1];
	shared[2] = 1;
	semacquire(&sem, 1);
	shared[20 + __atomic_fetch_add(&shared[4], 1, __ATOMIC_SEQ_CST)] = i;
}

static void
fairness(void)
{
	int i, kids[4], got;

	sem = 0;
	shared[4] = 0;
	for(i = 0; i < nelem(kids); i++){
		shared[1] = i;
		kids[i] = waiter(Meet|RFMEM, ordered);
	}
	for(i = 0; i < nelem(kids); i++){
		semrelease(&sem, 1);
		until(4, i+1);
	}
	for(got = 0; got < nelem(kids) && shared[20+got] == got; got++)
		;
	is(got, nelem(kids), "who waits first is woken first");
	for(i = 0; i < nelem(kids); i++)
		waitchild(kids[i]);
	shared[4] = 0;
	for(i = 0; i < nelem(kids); i++)
		kids[i] = waiter(Meet|RFMEM, ordered);
	is(semrelease(&sem, 3), 3, "three are released");
	until(4, 3);
	sleep(50);
	is(shared[4], 3, "three are woken");
	is(sem, 0, "and have taken all");
	semrelease(&sem, 1);
	for(i = 0; i < nelem(kids); i++)
		waitchild(kids[i]);
	is(shared[4], 4, "then the fourth");
}

static void
adder(void)
{
	int i, n;

	for(i = 0; i < 20; i++){
		if(semacquire(&mutex, 1) != 1)
			_exits("semacquire");
		n = total;
		if(i%4 == 0)
			sleep(0);
		total = n+1;
		semrelease(&mutex, 1);
	}
}

/* Passes what comes at tag i to tag i+1. */
static void
link(void)
{
	int i;

	i = shared[1];
	shared[2] = 1;
	meet(2000+i+1, meet(2000+i, 0)+1);
}

static void
chain(void)
{
	int i, kids[30];

	for(i = 0; i < nelem(kids); i++){
		shared[1] = i;
		shared[2] = 0;
		kids[i] = start(Meet, link);
		until(2, 1);
	}
	meet(2000, 100);
	is(meet(2000+nelem(kids), 0), 100+nelem(kids), "a value goes through thirty processes");
	for(i = 0; i < nelem(kids); i++)
		if(waitchild(kids[i])[0] != '\0')
			break;
	is(i, nelem(kids), "all come to their ends");
}

static void
crowd(void)
{
	int i, kids[20], good;

	mutex = 1;
	total = 0;
	for(i = 0; i < nelem(kids); i++)
		kids[i] = start(Meet|RFMEM, adder);
	good = 0;
	for(i = 0; i < nelem(kids); i++)
		good += waitchild(kids[i])[0] == '\0';
	is(good, nelem(kids), "twenty processes share a semaphore");
	is(total, 20*nelem(kids), "and keep each other out");
	is(mutex, 1, "it is free at the end");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	page = segattach(0, "memory", (void*)0x60000000, 4096);
	meetings();
	groups();
	partings();
	values();
	addresses();
	fine(Fork, handled, "a handler makes a bad address an error");
	blocking();
	fairness();
	chain();
	crowd();
	done();
}
