#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"
#include "child.h"

/* Handlers in C: notify, atnotify, noted, notejmp; setjmp and longjmp. */
static char last[ERRMAX];
static int seen, misaligned;
static jmp_buf mark;

/* What GCC takes for granted when a function begins. */
static void
look(char *text)
{
	uchar aligned[16] __attribute__((aligned(16)));

	__asm__ volatile("" : : "r"(aligned) : "memory");
	misaligned += ((uintptr)__builtin_frame_address(0) & 7) != 0 || ((uintptr)aligned & 15) != 0;
#ifdef __x86_64__
	uvlong flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	misaligned += (flags & 1<<10) != 0;
#endif
	snprint(last, sizeof last, "%s", text);
	seen++;
}

static void
handler(void *u, char *text)
{
	USED(u);
	look(text);
	noted(strncmp(text, "die", 3) == 0 ? NDFLT : NCONT);
}

static void
other(void *u, char *text)
{
	USED(u, text);
	seen += 100;
	noted(NCONT);
}

static int
poke(char *text)
{
	return postnote(PNPROC, getpid(), text);
}

/* Values that live in as many registers as the compiler has, across a note. */
static int
busy(int a, int b, int c, int d, int e)
{
	int i, sum;

	sum = 0;
	for(i = 0; i < 20; i++){
		sum += a*i + b;
		poke("busy");
		sum ^= c + d*i;
		poke("busy");
		sum -= e;
	}
	return sum;
}

static int
quiet(int a, int b, int c, int d, int e)
{
	int i, sum;

	sum = 0;
	for(i = 0; i < 20; i++){
		sum += a*i + b;
		sum ^= c + d*i;
		sum -= e;
	}
	return sum;
}

static void
deadly(void)
{
	notify(handler);
	poke("die now");
}

static void
returning(void *u, char *text)
{
	USED(u, text);
}

static void
returns(void)
{
	notify(returning);
	poke("come back");
}

static void
simple(void)
{
	is(notify(handler), 0, "notify");
	is(poke("hello"), 0, "postnote");
	same(last, "hello", "the handler has the text");
	seen = 0;
	is(busy(3, 5, 7, 11, 13), quiet(3, 5, 7, 11, 13), "registers are kept across notes");
	is(seen, 40, "each of which came");
	alarm(10);
	is(sleep(2000), -1, "a note ends a sleep");
	same(last, "alarm", "an alarm is a note");
	is(misaligned, 0, "the stack is aligned and DF clear in a handler");
	notify(other);
	seen = 0;
	poke("x");
	is(seen, 100, "another handler");
	notify(nil);
	dies(deadly, "", "die now", "NDFLT dies of the note");
	dies(returns, "*suicide: sys: trap: fault read addr=0x0 pc=0x0", "=", "a handler that returns, returns to nil");
	is(postnote(7, getpid(), "x"), -1, "postnote to neither process nor group");
}

/* A handler that repairs what faulted. */
static int *where;
static int value = 42;

static void
repair(void *v, char *text)
{
	Ureg *u;

	USED(text);
	u = v;
	look(text);
#ifdef __aarch64__
	u->r0 = (uintptr)&value;
#else
	u->ax = (uintptr)&value;
#endif
	noted(NCONT);
}

static int
fetch(int *p)
{
	int r;

#ifdef __aarch64__
	register int *a __asm__("x0") = p;
	__asm__ volatile("ldr %w0, [%1]" : "=&r"(r), "+r"(a));
#else
	register int *a __asm__("rax") = p;
	__asm__ volatile("movl (%1), %0" : "=&r"(r), "+r"(a));
#endif
	return r;
}

static void
jumps(void *u, char *text)
{
	look(text);
	notejmp(u, mark, atoi(text));
}

static int
jumped(char *text)
{
	volatile int before;
	int r, a, b, c, d;

	before = 11;
	a = before+1;
	b = before+2;
	c = before+3;
	d = before+4;
	r = setjmp(mark);
	if(r == 0){
		before = 12;
		if(text != nil)
			poke(text);
		else
			*(volatile int*)where = 1;
		return -1;
	}
	return before == 12 && a == 12 && b == 13 && c == 14 && d == 15 ? r : -2;
}

static void
faults(void)
{
	notify(repair);
	is(fetch(nil), 42, "a handler changes a register, and the instruction is done again");
	ok(strncmp(last, "sys: trap: fault read addr=0x0 pc=0x", 36) == 0, "after a fault");
	notify(jumps);
	is(jumped("5"), 5, "notejmp from a handler");
	is(jumped("0"), 1, "notejmp with 0 is 1");
	is(jumped(nil), 1, "notejmp out of a fault");
	seen = 0;
	is(jumped("9"), 9, "and the next note comes as well");
	is(seen, 1, "once");
	notify(nil);
}

static int order[8], norder;

static int
decline(void *u, char *text)
{
	USED(u, text);
	order[norder++] = 1;
	return 0;
}

static int
take(void *u, char *text)
{
	USED(u);
	order[norder++] = 2;
	return strcmp(text, "mine") == 0;
}

static int
never(void *u, char *text)
{
	USED(u, text);
	order[norder++] = 3;
	return 1;
}

static int
absent(void *u, char *text)
{
	USED(u, text);
	return 1;
}

static void
unclaimed(void)
{
	atnotify(never, 0);
	poke("yours");
}

static void
removed(void)
{
	atnotify(decline, 0);
	atnotify(take, 0);
	atnotify(never, 0);
	poke("nobody's");
}

static void
chain(void)
{
	int i, n;

	is(atnotify(decline, 1), 1, "atnotify");
	is(atnotify(take, 1), 1, "and another one");
	is(atnotify(never, 1), 1, "and a third");
	poke("mine");
	ok(norder == 2 && order[0] == 1 && order[1] == 2, "they are asked in turn until one takes the note");
	is(atnotify(absent, 0), 0, "what is not there cannot be removed");
	dies(unclaimed, "", "yours", "nobody takes it: death");
	dies(removed, "", "nobody's", "without handlers a note kills");
	n = 0;
	for(i = 0; i < 40; i++)
		n += atnotify(decline, 1);
	is(n, 30, "there is room for 33");
}

/* Each process has its own handler, also with shared memory. */
static void
one(void *u, char *text)
{
	USED(u, text);
	shared[10] = 1;
	noted(NCONT);
}

static void
two(void *u, char *text)
{
	USED(u, text);
	shared[10] = 2;
	noted(NCONT);
}

static void
each(void)
{
	int pid;

	notify(one);
	shared[11] = 0;
	pid = rfork(RFPROC|RFMEM|RFFDG);
	if(pid == 0){
		shared[10] = 0;
		poke("x");
		if(shared[10] != 1)
			_exits("a child does not have its parent's handler");
		notify(two);
		shared[11] = 1;
		until(11, 2);
		shared[10] = 0;
		poke("x");
		_exits(shared[10] == 2 ? nil : "not its own handler");
	}
	until(11, 1);
	shared[10] = 0;
	poke("x");
	is(shared[10], 1, "a child's notify is not its parent's");
	shared[11] = 2;
	same(waitchild(pid), "", "nor the other way round");
	notify(nil);
}

static void
deep(int n)
{
	if(n > 0)
		deep(n-1);
	else if(seen >= 0)
		longjmp(mark, 77);
}

static void
launch(void)
{
	longjmp(mark, 99);
}

static void
plain(void)
{
	static uvlong stack[4096];
	jmp_buf there;
	volatile int i, n;

	n = 0;
	i = setjmp(mark);
	if(i == 0)
		deep(50);
	is(i, 77, "longjmp from below");
	i = setjmp(mark);
	if(i == 0)
		longjmp(mark, 0);
	is(i, 1, "longjmp with 0 is 1");
	for(i = 0; i < 3; i++)
		if(setjmp(mark) == 0)
			n++;
		else
			break;
	is(n, 3, "setjmp again");
	memset(there, 0, sizeof there);
	there[JMPBUFPC] = (uintptr)launch + JMPBUFDPC;
	there[JMPBUFSP] = (uintptr)&stack[nelem(stack)-8] & ~(uintptr)15;
	i = setjmp(mark);
	if(i == 0)
		longjmp(there, 1);
	is(i, 99, "SP and PC make a new stack, as thread libraries do it");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	simple();
	faults();
	each();
	plain();
	chain();
	done();
}
