#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* notes: notify, noted, what is queued and what kills; facts/notes.md, observed-amd64.md §f, observed-arm64.md §e. */
extern void	trapregs(uvlong), spinregs(uvlong), faultat(uvlong), breakpoint(void);
extern uvlong	load(uvlong*);
extern void	fpsse(void), fpcsr(void);
extern void	rawcall(uvlong, uvlong*, uvlong);
extern int	setjump(uvlong*);
extern _Noreturn void	jump(uvlong*);
extern char	trappc[], trapnext[], spinpc[], spinnext[], faultpc[], faultnext[], loadpc[], breakpc[];
extern char	fpssepc[], fpcsrpc[], justreturn[], datacode[];
extern uvlong	gotregs[], gotsse[], notesse[], notesp;
extern uvlong	afterregs[], wantpc, wantsp;

static char badarg[] = "bad arg in system call";
static char interrupted[] = "interrupted";
static char trapinnoted[] = "suicide: trap in noted";
static char notnotified[] = "call to noted() when not notified";
static uvlong nothing[64];
static char badureg[] = "bad ureg in noted or call to noted when not notified";

static Ureg	saved;		/* what the handler was given */
static Ureg	*at;		/* and where */
static char	*textat;
static uvlong	word[20];	/* the frame below it: 0(sp)... */
static uvlong	jb[16];
static int	calls;
static vlong	result;
static int	value;
static uvlong	target, stack;
static int	pid;
static char	*volatile null;
static char	*unmapped = (char*)0x10000000;
static uvlong	bssstack[4096];

#ifdef __x86_64__

extern void	fpx87(void);
extern int	divide(int, int);
extern uint	fpdivide(void);
extern char	fpx87pc[], dividepc[], dividenext[], fpdividepc[], fpdividenext[];

enum
{
	Ngp = 15,
	Frame = 600,	/* from the interrupted sp to the handler's */
	Sp = 7,		/* in noteregs and gotregs */
	Flags = 16,
	/* carry parity adjust zero sign direction overflow align-check id, interrupts */
	Set = 1<<0 | 1<<2 | 1<<4 | 1<<6 | 1<<7 | 1<<10 | 1<<11 | 1<<18 | 1<<21 | 0x202,
	Resume = 1<<16,	/* hardware sets it in what a fault pushes */
};

/* noteregs and gotregs have sp where the Ureg has not */
static int
slot(int i)
{
	return i < Sp ? i : i+1;
}

static uvlong
wanted(int i)
{
	return (uvlong)0xc0de << 48 | slot(i);
}

static uvlong*
argument(Ureg *u)
{
	return &u->bp;
}

#else

enum
{
	Ngp = 31,
	Frame = 696,
	Sp = 31,
	Flags = 32,
};

#define Set ((uvlong)0xf0000000)
#define Resume 0

static int
slot(int i)
{
	return i;
}

static uvlong
wanted(int i)
{
	return i == 16 ? 0 : (uvlong)0xc0de << 48 | i;
}

static uvlong*
argument(Ureg *u)
{
	return &u->r[0];
}

#endif

static void
look(Ureg *u, char *text)
{
	saved = *u;
	at = u;
	textat = text;
	memmove(word, (char*)u-160, sizeof word);
	keep(u, text);
}

static int
skiptrap(Ureg *u, char *text)
{
	look(u, text);
	u->pc = (uvlong)trapnext;
	return NCONT;
}

static int
skipspin(Ureg *u, char *text)
{
	look(u, text);
	u->pc = (uvlong)spinnext;
	return NCONT;
}

static void
frame(uvlong interruptedsp)
{
	is((uvlong)at, ((interruptedsp-256-sizeof(Ureg)) & ~(uvlong)7), "the Ureg is 256 bytes below the stack pointer");
	is(noteregs[Sp], (uvlong)at-160, "the handler's stack pointer is 160 bytes below it");
	is(word[1], (uvlong)at, "8(sp) is its address");
	is(word[2], (uvlong)at-136, "16(sp) the text's");
	ok(textat == (char*)at-136, "which is 136 bytes below it");
	is(word[19], 0, "the word below it is nil: there is no other");
#ifdef __x86_64__
	is(word[0], 0, "0(sp) is 0");
	is(noteregs[6], (uvlong)at, "bp is the Ureg");
#else
	is(word[0], 0x5a5a, "0(sp) is not written");
	is(noteregs[0], (uvlong)at, "r0 is the Ureg");
	is(noteregs[30], 0, "r30 is 0");
#endif
}

/* Which general register is not what was there before, in the Ureg (0), the handler (1) or afterwards (2)? */
static int
lost(int where)
{
	uvlong *r;
	int i;

	for(i = 0; i < Ngp; i++){
		switch(where){
		case 0:
			r = (uvlong*)&saved + i;
			break;
		case 1:
			if((uvlong*)&saved + i == argument(&saved) || i == 30)
				continue;
			r = noteregs + slot(i);
			break;
		default:
			r = gotregs + slot(i);
			break;
		}
		if(*r != wanted(i)){
			print("# register %d of %d is 0x%llux\n", i, where, *r);
			return i;
		}
	}
	return -1;
}

static int
floats(void)
{
	int i;

#ifdef __x86_64__
	extern uint gotfp[];
	extern ushort gotx87[];

	if(gotfp[0] != 0x7fbf || (gotfp[1] & 0xffff) != 0xf7f)
		return 0;
	if(gotx87[4] != 0x4000 || gotx87[3] != 0xc90f)
		return 0;
	i = 6;
#else
	extern uvlong gotfp[];

	if(gotfp[0] != 0x07c00000 || gotfp[1] != 0x0800009f)
		return 0;
	i = 8;
#endif
	while(--i >= 0)
		if(gotsse[i] != notesse[i%2])
			return 0;
	return 1;
}

static void
traps(void)
{
	char want[100];

	catch(skiptrap);
	trapregs(Set);
	is(nnotes, 1, "a fault calls the handler");
	snprint(want, sizeof want, "sys: trap: fault read addr=0x0 pc=0x%p", trappc);
	same(notes[0], want, "with the kernel's text and the pc");
	frame(notesp);
	is(saved.pc, (uvlong)trappc, "the Ureg has the pc");
	is(saved.sp, notesp, "and the stack pointer");
	is(lost(0), -1, "and the general registers");
	is(lost(1), -1, "the handler begins with them");
#ifdef __x86_64__
	is(saved.flags & ~(uvlong)Resume, Set, "the Ureg has the flags");
	is(noteregs[Flags] & ~(uvlong)Resume, Set, "the handler begins with them, the direction flag, too");
	is(saved.type, 14, "type is a page fault");
	is(saved.error & ~(uvlong)1, 4, "error is a read by the user");
	is(saved.cs, 0x2b, "cs");
	is(saved.ss, 0x23, "ss");
	is(gotregs[Flags] & ~(uvlong)Resume, (Set & 0xff) | 0x200, "noted restores flags 0 to 7, the others are those of its call");
#else
	is(saved.psr & (uvlong)0xf0000000, Set, "the Ureg has the flags");
	is(noteregs[Flags], Set, "the handler begins with them");
	is((u32int)saved.type >> 26, 0x24, "type is a data abort");
	is(gotregs[Flags], Set, "noted restores the flags");
#endif
	is(lost(2), -1, "and the general registers");
	is(gotregs[Sp], notesp, "and the stack pointer");
	ok(floats(), "floating point is as it was");

	catch(skipspin);
	alarm(30);
	spinregs(Set);
	same(notes[0], "alarm", "an alarm while the process computes");
	is(saved.pc, (uvlong)spinpc, "the Ureg has the pc of the computation");
	is(lost(0), -1, "and its registers");
	is(lost(1), -1, "the handler begins with them");
	frame(notesp);
	is(lost(2), -1, "noted restores them");
	ok(floats(), "and floating point is as it was");
#ifdef __x86_64__
	ok(saved.type >= 32 && saved.type != 64, "type is an interrupt");
#else
	is(saved.type >> 32, 1, "type is an interrupt");
#endif
}

static int
edit(Ureg *u, char *text)
{
	int i;

	look(u, text);
	for(i = 0; i < Ngp; i++)
		((uvlong*)u)[i] = 0x1000+i;
	u->sp -= 64;
	u->pc = (uvlong)trapnext;
#ifdef __x86_64__
	u->flags = ~(uvlong)0;
	u->cs = 8;
	u->ss = 16;
#else
	u->psr = ~(uvlong)0;
#endif
	return NCONT;
}

static int
clear(Ureg *u, char *text)
{
	look(u, text);
	u->pc = (uvlong)trapnext;
#ifdef __x86_64__
	u->flags = 0;
	u->type = u->error = ~(uvlong)0;
#else
	u->psr = 5;
	u->type = ~(uvlong)0;
#endif
	return NCONT;
}

static int
mend(Ureg *u, char *text)
{
	static uvlong good = 77;

	look(u, text);
#ifdef __x86_64__
	u->di = (uvlong)&good;
#else
	u->r[0] = (uvlong)&good;
#endif
	return NCONT;
}

static int
supply(Ureg *u, char *text)
{
	look(u, text);
	if(calls++ == 0)
		segattach(0, "memory", unmapped, 4096);
	return NCONT;
}

static int
advance(Ureg *u, char *text)
{
	look(u, text);
#ifdef __x86_64__
	u->pc += 1;
#else
	u->pc += 4;
#endif
	return NCONT;
}

static int
restore(Ureg *u, char *text)
{
	skiptrap(u, text);
	return NRSTR;
}

#ifdef __x86_64__
static int
skipfpdivide(Ureg *u, char *text)
{
	look(u, text);
	u->pc = (uvlong)fpdividenext;
	return NCONT;
}

static int
skipdivide(Ureg *u, char *text)
{
	look(u, text);
	u->pc = (uvlong)dividenext;
	u->ax = 99;
	return NCONT;
}
#endif

/* The first posts a second one, which comes when noted has ended the first. */
static int
twice(Ureg *u, char *text)
{
	if(nnotes == 1)
		return skipspin(u, text);
	keep(u, text);
	u->type = 0x123;
	post(getpid(), "note", "second", 6);
	return NCONT;
}

static void
continues(void)
{
	char want[100];
	int i;

	catch(edit);
	trapregs(0);
	for(i = 0; i < Ngp && gotregs[slot(i)] == 0x1000+i; i++)
		;
	is(i, Ngp, "a handler can change every general register");
	is(gotregs[Sp], notesp-64, "and the stack pointer");
#ifdef __x86_64__
	is(gotregs[Flags] & 0xff, 0xd7, "and flags 0 to 7");
	is(gotregs[Flags] & ~(uvlong)0xffff & ~(uvlong)Resume, 0, "but none from 16 on");
	is(gotregs[Flags] & 0x3000, 0, "nor the i/o privilege");
	ok(1, "changes of cs and ss have no effect");
#else
	is(gotregs[Flags], (uvlong)0xf0000000, "and the flags");
	ok(1, "but nothing else in psr");
#endif
	catch(clear);
	trapregs(Set);
#ifdef __x86_64__
	is(gotregs[Flags] & ~(uvlong)Resume, 0x202, "flags that it clears are clear; interrupts stay on");
#else
	is(gotregs[Flags], 0, "flags that it clears are clear; the mode stays");
#endif
	is(gotregs[Sp], notesp, "type and error do not matter");
	catch(mend);
	is(load((uvlong*)null), 77, "a fault is tried again with the changed register");
	is(saved.pc, (uvlong)loadpc, "the pc was that of the load");
	catch(supply);
	calls = 0;
	is(load((uvlong*)unmapped), 0, "and with the memory that the handler attached");
	is(nnotes, 1, "one note was enough");
	segdetach(unmapped);
	snprint(want, sizeof want, "sys: trap: fault read addr=0x10000000 pc=0x%p", loadpc);
	same(notes[0], want, "the text has the address");
	catch(advance);
	breakpoint();
	snprint(want, sizeof want, "sys: breakpoint pc=0x%p", breakpc);
	same(notes[0], want, "a breakpoint has the pc of its instruction");
	is(saved.pc, (uvlong)breakpc, "and so has the Ureg");
	is(nnotes, 1, "it is over when the handler steps over it");
	catch(restore);
	trapregs(Set);
	is(lost(2), -1, "NRSTR in a handler is NCONT");
	trapregs(Set);
	is(nnotes, 2, "and ends it");
	catch(twice);
	alarm(20);
	spinregs(Set);
	is(nnotes, 2, "a note may come right behind NCONT");
	same(notes[1], "second", "with its text");
	is(lost(0), -1, "its Ureg has what the first one's had");
	is(saved.type, 0x123, "and what the handler changed there");
	is(lost(2), -1, "no register is lost");
#ifdef __x86_64__
	catch(skipdivide);
	is(divide(5, 0), 99, "a division by zero");
	snprint(want, sizeof want, "sys: trap: divide error pc=0x%p", dividepc);
	same(notes[0], want, "has its text");
	is(saved.type, 0, "and type");
	is(divide(-2147483647-1, -1), 99, "so has one whose result is too large");
	is(divide(42, 6), 7, "the others divide");
	catch(skipfpdivide);
	is(fpdivide(), 0x3f800000, "an exception of floating point can be skipped");
	snprint(want, sizeof want, "sys: fp: division by zero fppc=0x%p status=0x4 pc=0x%p", fpdividepc, fpdividepc);
	same(notes[0], want, "its text has what happened, where, and the status");
	is(saved.type, 19, "it has its type");
#endif
}

static int
setresult(Ureg *u, char *text)
{
	look(u, text);
	u->RESULT = 4711;
	return NCONT;
}

static int
spoil(Ureg *u, char *text)
{
	look(u, text);
	close(-1);
	return NCONT;
}

static void
fromcalls(void)
{
	uvlong args[5] = {3000};
	char err[ERRMAX];
#ifdef __x86_64__
	uvlong set = 1<<0 | 1<<2 | 1<<4 | 1<<6 | 1<<7 | 0x202;
#else
	uvlong set = Set;
#endif
	int i, good;

	catch(spoil);
	alarm(30);
	rawcall(SYS_sleep, args, set);
	err[0] = '\0';
	errstr(err, sizeof err);
	is(nnotes, 1, "a note during a call");
	same(err, "fd out of range or not open", "the handler's error strings are the program's");
	is(afterregs[0], ~(uvlong)0, "the call's result is -1 then");
	is(saved.RESULT, ~(uvlong)0, "which the Ureg has");
	is(saved.pc, wantpc, "the Ureg's pc is behind the call's instruction");
	is(saved.sp, wantsp, "it has the stack pointer");
	is((uvlong)at, (wantsp-256-sizeof(Ureg)) & ~(uvlong)7, "below which it is");
	is(noteregs[Sp], (uvlong)at-160, "the handler's stack is below it");
#ifdef __x86_64__
	is(saved.type, 64, "type is a system call");
	is(saved.error, 0, "error is 0");
	is(saved.bp, SYS_sleep, "bp is the call's number");
	is(saved.flags, set, "flags are the program's");
	ok(saved.r14 == ((uvlong)0xc0de<<48 | 14) && saved.r15 == ((uvlong)0xc0de<<48 | 15), "r14 and r15, too");
	ok(noteregs[14] == saved.r14 && noteregs[15] == saved.r15, "the handler begins with them");
	ok(noteregs[Flags] == set, "and with the flags");
	good = afterregs[14] == saved.r14 && afterregs[15] == saved.r15 && afterregs[16] == set;
	i = afterregs[7] == wantsp;
#else
	is(saved.type, 0x56000000, "type is a system call");
	is(saved.psr & (uvlong)0xf0000000, set, "flags are the program's");
	good = 1;
	for(i = 26; i <= 30; i++)
		if(saved.r[i] != ((uvlong)0xc0de<<48 | i))
			good = 0;
	ok(good, "r26 to r30 are the program's");
	ok(noteregs[1] == noteregs[Sp] && noteregs[2] == (uvlong)handle, "the handler's r1 is sp, its r2 the pc");
	good = 1;
	for(i = 26; i <= 29; i++)
		if(noteregs[i] != ((uvlong)0xc0de<<48 | i))
			good = 0;
	ok(good, "r26 to r29 are the program's");
	is(noteregs[30], 0, "r30 is 0");
	good = afterregs[17] == ((uvlong)0xc0de<<48 | 17) && afterregs[32] == set;
	for(i = 26; i <= 30; i++)
		if(afterregs[i] != ((uvlong)0xc0de<<48 | i))
			good = 0;
	i = afterregs[31] == wantsp;
#endif
	ok(good, "what a call keeps is kept");
	ok(i, "and the stack pointer");
	catch(setresult);
	alarm(30);
	is(syscall(SYS_sleep, 3000), 4711, "the handler can change the call's result");
	catch(keep);
	alarm(30);
	fails(sleep(3000), interrupted, "an interrupted call fails");
	alarm(30);
	seterror("left");
	is((vlong)rendezvous(&jb, nil), -1, "an interrupted rendezvous is all ones");
	same(error(), "left", "and leaves the error string");
}

static int
expectbad(Ureg *u, char *text)
{
	look(u, text);
	return NCONT;
}

static void
badpointer(void)
{
	/* the kernel's first line is printed all the same */
	catch(expectbad);
	if(open(unmapped, OREAD) != -1 || strcmp(error(), badarg) != 0)
		_exits("open does not fail");
	if(nnotes != 1 || !match("sys: bad address in syscall pc=0x*", notes[0]))
		_exits(notes[0]);
	_exits("handled");
}

static void
badnumber(void)
{
	catch(expectbad);
	if(syscall(54) != -1 || strcmp(error(), badarg) != 0)
		_exits("the call does not fail");
	if(nnotes != 1 || !match("sys: bad sys call pc=0x*", notes[0]))
		_exits(notes[0]);
	_exits("handled");
}

#ifndef __x86_64__
static void
oddpointer(void)
{
	catch(expectbad);
	if(_seek((vlong*)(datacode+1), 1, 0, 0) != -1 || strcmp(error(), badarg) != 0)
		_exits("the call does not fail");
	if(nnotes != 1 || !match("sys: odd address pc=0x*", notes[0]))
		_exits(notes[0]);
	_exits("handled");
}
#endif

static void
complaints(void)
{
	dies(badpointer, "suicide: invalid address 0x10000000/1 in sys call pc=0x*", "handled",
		"a handler makes a bad address an error");
	dies(badnumber, "", "handled", "and a bad number");
#ifndef __x86_64__
	dies(oddpointer, "", "handled", "and an odd address");
#endif
}

/* Ends: how a handler or noted kills. */
static int
retvalue(Ureg *u, char *text)
{
	USED(u, text);
	return value;
}

static void
trapend(void)
{
	catch(retvalue);
	trapregs(0);
}

static void
alarmend(void)
{
	catch(retvalue);
	alarm(10);
	sleep(3000);
}

/*
 * Not with an alarm: the kernel has one note for the alarms of all processes,
 * and a value that noted does not know changes its kind for good.
 */
static void
postend(void)
{
	catch(retvalue);
	post(getpid(), "note", "mine", 4);
}

static void
outside(void)
{
	noted(value);
}

static void
outsidehandled(void)
{
	catch(retvalue);
	noted(value);
}

static int
gotarget(Ureg *u, char *text)
{
	USED(text);
	if(u->pc == target)
		return NDFLT;
	u->pc = target;
	if(stack != 1)
		u->sp = stack;
	return value;
}

static void
goes(void)
{
	catch(gotarget);
	trapregs(0);
}

/* The word below the Ureg, which noted makes the current Ureg, is the user's. */
static int
chains(Ureg *u, char *text)
{
	look(u, text);
	((uvlong*)u)[-1] = (uvlong)(char*)nothing + value;
	return NCONT;
}

static void
chained(void)
{
	catch(chains);
	alarm(10);
	sleep(1000);
	noted(NRSTR);
}

static void
ends(void)
{
	char want[200], both[200];

	catch(nil);
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x0 pc=0x%p", trappc);
	value = NDFLT;
	dies(trapend, want, "=", "NDFLT for a fault: as without a handler");
	dies(alarmend, "", "alarm", "NDFLT for an alarm: silently");
	value = 99;
	dies(trapend, want, "=", "another value for a fault");
	dies(postend, "suicide: mine", "=", "for a note from outside, too, it prints a line");
	value = -1;
	dies(postend, "suicide: mine", "=", "so does -1");
	value = NDFLT;
	dies(postend, "", "mine", "NDFLT prints none");
	for(value = 0; value < 3; value++){
		snprint(both, sizeof both, "noted of %d outside of a handler", value);
		dies(outside, notnotified, "Suicide", both);
	}
	value = NCONT;
	dies(outsidehandled, notnotified, "Suicide", "that there is a handler does not matter");
	value = NRSTR;
	dies(outside, badureg, "Suicide", "NRSTR when there never was a note");
	value = NCONT;
	stack = 1;
	target = 0;
	dies(goes, trapinnoted, "Suicide", "NCONT with pc nil");
	target = (uvlong)unmapped;
	dies(goes, trapinnoted, "Suicide", "with pc nowhere");
	target = (uvlong)0xffffffff80000000;
	dies(goes, trapinnoted, "Suicide", "with pc in the kernel");
	target = (uvlong)trapnext;
	stack = 0;
	dies(goes, trapinnoted, "Suicide", "with sp nil");
	stack = (uvlong)unmapped;
	dies(goes, trapinnoted, "Suicide", "with sp nowhere");
	stack = (uvlong)(_tos+1);
	dies(goes, trapinnoted, "Suicide", "with sp at the very top of the stack");
	stack = 1;
	target = 0;
	value = NRSTR;
	dies(goes, trapinnoted, "Suicide", "NRSTR with pc nil");
	value = NSAVE;
	dies(goes, trapinnoted, "Suicide", "NSAVE with pc nil");
	target = (uvlong)datacode;
	value = NCONT;
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x%p pc=0x%p", datacode, datacode);
	dies(goes, want, "=", "NCONT to data is a fault of its own");
#ifdef __x86_64__
	stack = 1;
	target = (uvlong)trapnext | (uvlong)1<<63;
	dies(goes, trapinnoted, "Suicide", "with a pc of which only the low 47 bits are good");
#else
	stack = 1;
	target = (uvlong)trapnext+2;
	dies(goes, trapinnoted, "Suicide", "with a pc that is no multiple of 4");
	target = (uvlong)trapnext;
	stack = (uvlong)&bssstack[100]+4;
	dies(goes, trapinnoted, "Suicide", "with an sp that is no multiple of 8");
#endif
	value = 0;
	dies(chained, "suicide: trap in noted", "Suicide", "NRSTR takes the Ureg that NCONT found below its own");
	value = 4;
#ifdef __x86_64__
	dies(chained, "suicide: trap in noted", "Suicide", "wherever it lies");
#else
	dies(chained, badureg, "Suicide", "but not one at an odd address");
#endif
}

static int
faults(Ureg *u, char *text)
{
	USED(u, text);
	load((uvlong*)null);
	return NCONT;
}

static int
callsbad(Ureg *u, char *text)
{
	USED(u, text);
	syscall(54);
	return NCONT;
}

static int
breaks(Ureg *u, char *text)
{
	USED(u, text);
	breakpoint();
	return NCONT;
}

static int
usesfp(Ureg *u, char *text)
{
	USED(u, text);
	fpsse();
	return NCONT;
}

static int
readsfp(Ureg *u, char *text)
{
	USED(u, text);
	fpcsr();
	return NCONT;
}

#ifdef __x86_64__
static int
usesx87(Ureg *u, char *text)
{
	USED(u, text);
	fpx87();
	return NCONT;
}
#endif

/* An alarm that comes in the handler is held; the fault behind it is not. */
static int
alarmfaults(Ureg *u, char *text)
{
	USED(u, text);
	alarm(10);
	sleep(1000);
	load((uvlong*)null);
	return NCONT;
}

static int (*bad)(Ureg*, char*);

static void
inalarm(void)
{
	catch(bad);
	alarm(10);
	sleep(3000);
}

static void
intrap(void)
{
	catch(bad);
	trapregs(0);
}

static void
returning(void)
{
	_notify(justreturn);
	alarm(10);
	sleep(3000);
}

static void
indata(void)
{
	_notify(datacode);
	alarm(10);
	sleep(3000);
}

static void
notifybad(void)
{
	_notify(unmapped);
}

static void
notifyhandled(void)
{
	catch(keep);
	if(_notify(unmapped) != -1 || strcmp(error(), badarg) != 0)
		_exits("notify does not fail");
	if(!match("sys: bad address in syscall pc=0x*", notes[0]))
		_exits(notes[0]);
	alarm(10);
	sleep(1000);
	_exits(nnotes == 2 ? "the old one stays" : "the handler is lost");
}

static void
onstack(void)
{
	catch(keep);
	faultat(stack);
}

static void
inhandlers(void)
{
	char want[200];

	catch(nil);
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x0 pc=0x%p", loadpc);
	bad = faults;
	dies(inalarm, want, "=", "a fault in a handler kills");
	dies(intrap, want, "=", "also in that of a fault");
	bad = alarmfaults;
	dies(inalarm, want, "=", "and before a note that came in between");
	bad = callsbad;
	dies(inalarm, "suicide: sys: bad sys call pc=0x*", "=", "a bad call in a handler kills");
	bad = breaks;
	snprint(want, sizeof want, "suicide: sys: breakpoint pc=0x%p", breakpc);
	dies(inalarm, want, "=", "and a breakpoint");
	bad = usesfp;
	snprint(want, sizeof want, "suicide: sys: floating point in note handler pc=0x%p", fpssepc);
	dies(inalarm, want, "=", "floating point in a handler kills");
	dies(intrap, want, "=", "also in that of a fault, and when it was in use");
	bad = readsfp;
	snprint(want, sizeof want, "suicide: sys: floating point in note handler pc=0x%p", fpcsrpc);
	dies(inalarm, want, "=", "so does reading the control register");
#ifdef __x86_64__
	bad = usesx87;
	snprint(want, sizeof want, "suicide: sys: floating point in note handler pc=0x%p", fpx87pc);
	dies(inalarm, want, "=", "and the x87");
#endif
	dies(returning, "suicide: sys: trap: fault read addr=0x0 pc=0x0", "=", "a handler that returns jumps to nil");
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x%p pc=0x%p", datacode, datacode);
	dies(indata, want, "=", "a handler in data cannot be executed");
	dies(notifybad, "suicide: invalid address 0x10000000/8 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "notify of a bad address");
	dies(notifyhandled, "suicide: invalid address 0x10000000/8 in sys call pc=0x*", "the old one stays",
		"with a handler it fails");
#ifdef __x86_64__
	snprint(want, sizeof want, "suicide: bad address in notify");
#else
	snprint(want, sizeof want, "suicide: bad address in notify: handler=0x%p sp=0x*", handle);
#endif
	stack = (uvlong)unmapped;
	dies(onstack, want, "Suicide", "a fault when sp is nowhere");
	stack = ((uvlong)onstack & ~(uvlong)15);
	dies(onstack, want, "Suicide", "when sp is in text");
	stack = (uvlong)segattach(0, "memory", (void*)0x70000000, 4096) + Frame - 8;
	dies(onstack, want, "Suicide", "when the frame does not fit into the segment");
	segdetach((void*)0x70000000);
}

#ifndef __x86_64__
static void
oddhandler(void)
{
	_notify(justreturn+2);
	alarm(10);
	sleep(3000);
}
#endif

static int
skipfault(Ureg *u, char *text)
{
	look(u, text);
	u->pc = (uvlong)faultnext;
	return NCONT;
}

static void
stacks(void)
{
	uvlong top;
	int i;

	catch(skipfault);
	top = (uvlong)&bssstack[nelem(bssstack)];
	faultat(top - 64);
	is(saved.sp, top-64, "a stack in bss is one for handlers, too");
	is(noteregs[Sp], top-64-Frame, "the frame is there");
	for(i = 1; i < 8; i++){
		faultat(top - 64 - 8*i);
		if(noteregs[Sp] != ((top-64-8*i-256-sizeof(Ureg)) & ~(uvlong)7) - 160)
			break;
	}
	is(i, 8, "at any multiple of 8");
#ifdef __x86_64__
	faultat(top - 61);
	is((uvlong)at, top-61-440, "at an odd address all is odd");
#else
	dies(oddhandler, "suicide: bad address in notify: handler=0x* sp=0x*", "Suicide",
		"a handler whose address is no multiple of 4");
#endif
}

static int
slow(Ureg *u, char *text)
{
	look(u, text);
	if(++calls == 1){
		word[5] = (uvlong)u;
		alarm(10);
		result = sleep(2000);
		word[6] = calls;
	}else
		word[7] = (uvlong)u;
	return NCONT;
}

static int
ignoring(Ureg *u, char *text)
{
	keep(u, text);
	_notify(nil);
	return NCONT;
}

static int
second(Ureg *u, char *text)
{
	USED(u, text);
	nnotes = 100;
	return NCONT;
}

static int
changing(Ureg *u, char *text)
{
	keep(u, text);
	onnote = second;
	_notify(handle);
	return NCONT;
}

static void
ignored(void)
{
	catch(ignoring);
	alarm(10);
	if(sleep(2000) != -1 || nnotes != 1)
		_exits("the first note");
	alarm(10);
	sleep(2000);
}

static void
queued(void)
{
	static uvlong first, then, during;

	catch(slow);
	calls = 0;
	alarm(10);
	sleep(2000);
	first = (uvlong)at;
	is(calls, 2, "a note that comes in a handler is delivered");
	is(result, -1, "it interrupts the handler's call");
	same(notes[0], "alarm", "the first");
	same(notes[1], "alarm", "the second");
	calls = 0;
	word[5] = word[6] = word[7] = 0;
	catch(slow);
	alarm(10);
	sleep(2000);
	during = calls;
	then = (uvlong)at;
	is(during, 2, "once more");
	is(then, first, "the second has the frame that the first had");
	dies(ignored, "", "alarm", "notify of nil in a handler is for later notes");
	catch(changing);
	alarm(10);
	sleep(2000);
	alarm(10);
	sleep(2000);
	is(nnotes, 100, "a handler can set another");
}

static int
leaves(Ureg *u, char *text)
{
	keep(u, text);
	jump(jb);
}

static void
jumped(void)
{
	catch(leaves);
	if(setjump(jb) == 0){
		alarm(10);
		sleep(2000);
		_exits("not jumped");
	}
}

static void
heldforever(void)
{
	jumped();
	alarm(10);
	if(sleep(2000) != -1)
		_exits("the call is not interrupted");
	sleep(20);
	_exits(nnotes == 1 ? "held" : "the second note was delivered");
}

static void
jumpfault(void)
{
	jumped();
	load((uvlong*)null);
}

static void
jumpfp(void)
{
	jumped();
	fpsse();
}

static _Noreturn void
landnoted(void)
{
	/* still notified, so this is allowed: on with what was interrupted */
	noted(NCONT);
	_exits("noted came back");
}

static void
jumpnoted(void)
{
	catch(leaves);
	if(setjump(jb) != 0)
		_exits("jumped");
	/* on another stack: noted needs this one as it is */
#ifdef __x86_64__
	jb[6] = (uvlong)&bssstack[2048]-8;
	jb[7] = (uvlong)landnoted;
#else
	jb[12] = (uvlong)&bssstack[2048];
	jb[11] = (uvlong)landnoted;
#endif
	alarm(10);
	if(sleep(2000) == -1)
		_exits("interrupted");
}

static int
landing(Ureg *u, char *text)
{
	look(u, text);
	u->pc = target;
	u->sp = stack;
	return NCONT;
}

static _Noreturn void
landed(void)
{
	jump(jb);
}

static void
notejump(void)
{
	/* what notejmp does: the Ureg is sent elsewhere, and noted ends the handler */
	catch(landing);
	target = (uvlong)landed;
	stack = (uvlong)&bssstack[2048];
	if(setjump(jb) == 0){
		alarm(10);
		sleep(2000);
		_exits("not jumped");
	}
	fpsse();
	catch(keep);
	alarm(10);
	if(sleep(2000) != -1 || nnotes != 1)
		_exits("no second note");
}

static void
jumps(void)
{
	char want[200];

	dies(heldforever, "", "held", "after a jump out of a handler notes are held");
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x0 pc=0x%p", loadpc);
	dies(jumpfault, want, "=", "a fault kills");
	snprint(want, sizeof want, "suicide: sys: floating point in note handler pc=0x%p", fpssepc);
	dies(jumpfp, want, "=", "and floating point");
	dies(jumpnoted, "", "interrupted", "noted goes on with what was interrupted");
	fine(Fork, notejump, "a jump by way of the Ureg has none of that");
}

/* NSAVE: the handler ends at once, what it does goes on at the pc that it put into the Ureg. */
static uvlong	oldpc;
static Ureg	*outer, *inner;
static uvlong	innerchain, saveword[20];

static int
save(Ureg *u, char *text)
{
	look(u, text);
	oldpc = u->pc;
	outer = u;
	u->pc = (uvlong)resume;
#ifndef __x86_64__
	u->psr |= 5;
#endif
	return NSAVE;
}

static int
saverest(Ureg *u, char *text)
{
	memmove(saveword, (char*)u-160, sizeof saveword);
	word[1] = (uvlong)u;
	word[2] = (uvlong)text;
#ifndef __x86_64__
	word[3] = u->psr;
#endif
	u->pc = (uvlong)trapnext;
	return NRSTR;
}

static int
nested(Ureg *u, char *text)
{
	inner = u;
	innerchain = ((uvlong*)u)[-1];
	return keep(u, text);
}

static int
savebusy(Ureg *u, char *text)
{
	USED(text);
	fpsse();
	onnote = nested;
	alarm(10);
	result = sleep(2000);
	u->pc = (uvlong)trapnext;
	return NRSTR;
}

static int
savejump(Ureg *u, char *text)
{
	USED(u, text);
	jump(jb);
}

static void
saves(void)
{
	catch(save);
	onsave = saverest;
	trapregs(Set);
	is(oldpc, (uvlong)trappc, "NSAVE goes on at the Ureg's pc");
	is(word[1], (uvlong)outer, "with the Ureg as first argument");
	is(word[2], (uvlong)outer-136, "and the text as second");
	is(noteregs[Sp], (uvlong)outer-160, "the stack pointer is the handler's");
	is(saveword[0], 0, "0(sp) is 0");
	is(saveword[1], (uvlong)outer, "8(sp) the Ureg");
#ifndef __x86_64__
	is(word[3], Set, "whose psr is corrected where it is");
#endif
	is(lost(1), -1, "registers are the Ureg's");
	is(lost(2), -1, "NRSTR restores what was interrupted");
	is(gotregs[Sp], notesp, "with its stack pointer");
	ok(floats(), "and floating point");
	catch(save);
	onsave = savebusy;
	trapregs(Set);
	is(nnotes, 2, "after NSAVE another note is delivered");
	same(notes[1], "alarm", "which is another");
	is(result, -1, "it interrupts");
	is(innerchain, (uvlong)outer, "the word below its Ureg is the saved one's address");
	ok(inner < outer, "below which it is");
	is(lost(2), -1, "NRSTR still restores the saved one");
	catch(save);
	onsave = savejump;
	if(setjump(jb) == 0)
		trapregs(0);
	fpsse();
	catch(keep);
	alarm(10);
	fails(sleep(2000), interrupted, "after NSAVE a jump is allowed: notes come");
	is(nnotes, 1, "to the handler");
}

static int
forks(Ureg *u, char *text)
{
	look(u, text);
	alarm(100000);
	pid = rfork(Fork);
	if(pid == 0){
		/* not in a handler, no note, no alarm */
		fpsse();
		if(alarm(0) != 0)
			_exits("the child has its parent's alarm");
		catch(keep);
		alarm(10);
		if(sleep(2000) != -1 || nnotes != 1)
			_exits("no note comes to the child");
		_exits("well");
	}
	return NCONT;
}

static int
forknoted(Ureg *u, char *text)
{
	look(u, text);
	pid = rfork(Fork);
	if(pid == 0)
		outside();
	return NCONT;
}

/* The child is made while a note is queued for its parent. */
static int
forkqueued(Ureg *u, char *text)
{
	look(u, text);
	if(++calls > 1)
		return NCONT;
	alarm(10);
	sleep(1000);
	pid = rfork(Fork);
	if(pid == 0){
		onnote = second;
		nnotes = 0;
		sleep(20);
		_exits(nnotes == 0 ? "none" : "the note came to the child, too");
	}
	return NCONT;
}

static void
children(void)
{
	catch(forks);
	alarm(10);
	sleep(2000);
	same(waitchild(pid), "well", "a child made in a handler is in none");
	ok(alarm(0) > 0, "the parent has its alarm");
	value = NCONT;
	catch(forknoted);
	alarm(10);
	sleep(2000);
	same(waitchild(pid), "Suicide", "nor can it call noted");
	catch(forkqueued);
	calls = 0;
	alarm(10);
	sleep(2000);
	same(waitchild(pid), "none", "notes that wait for the parent are not the child's");
	is(calls, 2, "but the parent's");
}

/* By /proc. */
static char	*posted;
static char	*where = "note";
static char	nul[3*ERRMAX];

static void
waits(void)
{
	shared[1] = 1;
	until(1, 2);
	sleep(3000);
}

static void
waitshandled(void)
{
	catch(keep);
	shared[1] = 1;
	sleep(3000);
	snprint(nul, sizeof nul, "%d %s", nnotes, notes[0]);
	_exits(nul);
}

static char*
killwith(void (*f)(void), char *text, int n)
{
	int child;

	shared[1] = 0;
	child = start(Fork|RFNOTEG, f);
	until(1, 1);
	sleep(20);
	if(post(child, where, text, n) != n){
		post(child, "note", "kill", 4);
		waitchild(child);
		return "not posted";
	}
	shared[1] = 2;
	return waitchild(child);
}

static int
fills(Ureg *u, char *text)
{
	int i;

	look(u, text);
	if(++calls == 1){
		for(i = 0; i < 7; i++){
			snprint(nul, sizeof nul, "note %d", i);
			if(post(getpid(), "note", nul, strlen(nul)) == strlen(nul))
				value++;
			else
				posted = error();
		}
	}
	return NCONT;
}

static int
drops(Ureg *u, char *text)
{
	USED(u, text);
	post(getpid(), "note", "one", 3);
	post(getpid(), "note", "two", 3);
	load((uvlong*)null);
	return NCONT;
}

static void
group(void)
{
	shared[1] = getpid();
	shared[3] = rfork(RFPROC|RFFDG);	/* in the group */
	__atomic_fetch_add(&shared[2], 1, __ATOMIC_SEQ_CST);
	sleep(3000);
}

/* What its group gets: it lives on until the others have theirs. */
static void
groupnote(void)
{
	catch(keep);
	__atomic_fetch_add(&shared[2], 1, __ATOMIC_SEQ_CST);
	while(nnotes == 0)
		sleep(2000);
	sleep(100);
	_exits(notes[0]);
}

static void
groupnotes(void)
{
	shared[1] = rfork(RFPROC|RFFDG);
	groupnote();
}

static void
postgroup(void)
{
	if(post(getpid(), "notepg", "all", 3) != 3)
		_exits("not posted");
	sleep(20);
	_exits("alive");
}

static void
sleeper(void)
{
	shared[1] = 1;
	if(sleep(150) != 0)
		_exits("interrupted");
	_exits("slept");
}

/* Opens its group's notepg, leaves the group, and writes. */
static void
postold(void)
{
	int f, child;

	shared[1] = 0;
	child = start(RFPROC|RFFDG, sleeper);
	until(1, 1);
	snprint(nul, sizeof nul, "/proc/%d/notepg", getpid());
	f = open(nul, OWRITE);
	rfork(RFNOTEG);
	if(write(f, "old", 3) != 3)
		_exits("not posted");
	_exits(waitchild(child));
}

static void
ownmaster(void)
{
	/* its child is in another group */
	int child;

	shared[1] = 0;
	child = start(Fork|RFNOTEG, sleeper);
	until(1, 1);
	post(getpid(), "notepg", "all", 3);
	_exits(waitchild(child));
}

static void
postself(void)
{
	catch(keep);
	post(getpid(), "note", posted, strlen(posted));
	_exits(notes[0]);
}

static void
postsuffix(void)
{
	post(getpid(), "note", posted, strlen(posted));
}

static void
posting(void)
{
	char want[200];
	int child, i, n, fd;

	catch(nil);
	same(killwith(waits, "hello", 5), "hello", "a note kills");
	same(killwith(waitshandled, "hello", 5), "1 hello", "or comes to the handler");
	same(killwith(waitshandled, "kill", 4), "1 kill", "kill is a note like others");
	same(killwith(waits, "a\nb", 3), "a\nb", "a newline is kept");
	same(killwith(waitshandled, "abc\0def", 7), "1 abc", "what is behind a NUL is not");
	same(killwith(waits, "", 0), "", "an empty note kills with no status");
	like(killwith(waits, "sys: mine", 9), "sys: mine pc=0x*", "a note that begins with sys: gets the pc");
	same(killwith(waits, "sys:", 3), "sys", "without the colon it does not");
	memset(nul, 'n', sizeof nul);
	child = start(Fork, waitshandled);
	fails(post(child, "note", nul, ERRMAX), "read or write too large", "a note of 128 bytes is too long");
	shared[1] = 0;
	i = post(child, "note", nul, ERRMAX-1);
	is(i, ERRMAX-1, "one of 127 is not");
	n = strlen(waitchild(child));
	ok(n > 100, "it comes");
	posted = "sys: x";
	like(run(Fork, postself), "sys: x pc=0x*", "a note to oneself");
	dies(postsuffix, "", "sys: x pc=0x*", "kills without a line, whatever its text");

	catch(fills);
	calls = value = 0;
	alarm(10);
	sleep(2000);
	is(value, 5, "five notes can be queued");
	same(posted != nil ? posted : "", "note not posted", "a sixth is refused");
	is(calls, 6, "the five come");
	for(i = 0; i < 5; i++){
		snprint(want, sizeof want, "note %d", i);
		if(strcmp(notes[i+1], want) != 0)
			break;
	}
	is(i, 5, "in order");
	bad = drops;
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x0 pc=0x%p", loadpc);
	dies(inalarm, want, "=", "a fault goes before the notes that are queued");

	catch(nil);
	shared[1] = shared[2] = 0;
	child = start(Fork|RFNOTEG, group);
	until(2, 2);
	sleep(30);
	is(post(child, "notepg", "all", 3), 3, "a note to a group");
	same(waitchild(child), "all", "kills the one");
	sleep(30);
	is(post(shared[3], "note", "x", 1), -1, "and the other");
	shared[1] = shared[2] = 0;
	child = start(Fork|RFNOTEG, groupnotes);
	until(2, 2);
	sleep(30);
	post(child, "notepg", "sys: all", 8);
	same(waitchild(child), "sys: all", "a group's note gets no pc while several have it");
	same(run(Fork|RFNOTEG, postgroup), "alive", "a note to one's own group does not come back");
	same(run(Fork|RFNOTEG, ownmaster), "slept", "nor does it go to a child in another group");
	same(run(Fork|RFNOTEG, postold), "old", "an open notepg stays with the group that it was opened for");
	where = "notepg";
	same(killwith(waits, "group", 5), "group", "a group of one");
	where = "note";
	pid = getpid();
	snprint(nul, sizeof nul, "/proc/%d/note", pid);
	fd = open(nul, OREAD);
	is(read(fd, nul, sizeof nul), 0, "the note file has no note");
	close(fd);
}

static void
closedwrite(void)
{
	int fd[2];

	pipe(fd);
	close(fd[0]);
	write(fd[1], "x", 1);
}

static void
closedhandled(void)
{
	int fd[2];

	catch(keep);
	pipe(fd);
	close(fd[0]);
	if(write(fd[1], "x", 1) != -1)
		_exits("the write does not fail");
	snprint(nul, sizeof nul, "%s, %s", error(), notes[0]);
	_exits(nul);
}

static void
pipes(void)
{
	catch(nil);
	dies(closedwrite, "", "sys: write on closed pipe pc=0x*", "a write on a closed pipe kills silently");
	like(run(Fork, closedhandled), "i/o on hungup channel, sys: write on closed pipe pc=0x*", "or comes to the handler");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	is(_notify(nil), 0, "notify of nil");
	is(_notify(handle), 0, "notify");
	traps();
	continues();
	fromcalls();
	complaints();
	ends();
	inhandlers();
	stacks();
	queued();
	jumps();
	saves();
	children();
	pipes();
	posting();
	done();
}
