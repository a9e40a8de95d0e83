#include <u.h>
#include <libc.h>
#include <tos.h>

/*
 * A profiler: how often the functions of a program were called, and for how long
 * they ran.  Compile the program with -finstrument-functions, link this and
 * names.c to it, and it is printed at exits; Plan 9's loaders have -p for that.
 * No threads, and no longjmp out of functions that are counted.
 *
 * It works in Tos, the structure at the top of the stack that the kernel fills in.
 * Every process has its own at the same address, as stacks are not shared, not
 * even by rfork(RFMEM): what is there needs no lock.  prof is a program's to use.
 * Of the rest
 *	pid		tells a child, which is not counted here
 *	cyclefreq	is how fast the counter of cycles() runs
 *	kcycles		is the kernel's part of it, which is taken off here.
 *			elf9's emulator, where it stays 0, counts calls as yours
 *	clock		is for kernels without a counter, 10 ms at a time
 */
enum
{
	Nplink = 4096,
};

/* one for each way to call a function */
struct Plink
{
	Plink	*up;	/* who called it */
	Plink	*down;	/* the first that it calls */
	Plink	*next;	/* the next that up calls */
	uintptr	pc;
	ulong	count;
	vlong	time;	/* with what it calls; while it runs, less the time of its start */
};

typedef struct Func Func;
struct Func
{
	char	*name;
	uintptr	pc;
	ulong	count;
	vlong	time;	/* its own */
};

extern char	*funcname(uintptr);
static Plink	links[Nplink];	/* the first is who calls main */

static vlong
now(void)
{
	uvlong t;

	cycles(&t);
	return t - _tos->kcycles;
}

static int
bytime(void *va, void *vb)
{
	Func *a, *b;

	a = va;
	b = vb;
	return a->time < b->time ? 1 : a->time > b->time ? -1 : 0;
}

static void
report(void)
{
	Plink *p;
	Func *f, *funcs;
	vlong t;
	int n;

	if(_tos->pid != _tos->prof.pid)
		return;
	t = now();
	if(_tos->prof.pp == nil)
		fprint(2, "prof: more than %d ways to call a function: the rest was not counted\n", Nplink);
	for(p = _tos->prof.pp; p != nil && p != links; p = p->up)
		p->time += t;	/* these still run */
	_tos->prof.pid = 0;

	funcs = mallocz((_tos->prof.next-links) * sizeof *funcs, 1);
	if(funcs == nil)
		sysfatal("no memory: %r");
	n = 0;
	for(p = links+1; p < _tos->prof.next; p++){
		for(f = funcs; f < funcs+n && f->pc != p->pc; f++)
			;
		if(f == funcs+n){
			f->pc = p->pc;
			f->name = funcname(p->pc);
			n++;
		}
		f->count += p->count;
		f->time += p->time;
		for(f = funcs; f < funcs+n && f->pc != p->up->pc; f++)
			;
		if(f < funcs+n)
			f->time -= p->time;	/* the caller was made before */
	}
	qsort(funcs, n, sizeof *funcs, bytime);
	print("  calls       µs  function\n");
	for(f = funcs; f < funcs+n; f++)
		print("%7lud %8lld  %s\n", f->count, f->time*1000000/(vlong)_tos->cyclefreq, f->name);
	free(funcs);
}

/* GCC puts calls of these two at both ends of every function. */
void
__cyg_profile_func_enter(void *fn, void *caller)
{
	Plink *p;

	USED(caller);
	if(_tos->prof.what == Profoff){
		if(_tos->cyclefreq == 0)
			sysfatal("prof: this machine has no counter of cycles");
		_tos->prof.what = Profuser;
		_tos->prof.pid = _tos->pid;
		_tos->prof.first = _tos->prof.pp = links;
		_tos->prof.next = links+1;
		_tos->prof.last = links+Nplink;
		atexit(report);
	}
	if(_tos->pid != _tos->prof.pid || _tos->prof.pp == nil)
		return;
	for(p = _tos->prof.pp->down; p != nil && p->pc != (uintptr)fn; p = p->next)
		;
	if(p == nil){
		if(_tos->prof.next == _tos->prof.last){
			_tos->prof.pp = nil;
			return;
		}
		p = _tos->prof.next++;
		p->pc = (uintptr)fn;
		p->up = _tos->prof.pp;
		p->next = p->up->down;
		p->up->down = p;
	}
	p->count++;
	_tos->prof.pp = p;
	p->time -= now();
}

void
__cyg_profile_func_exit(void *fn, void *caller)
{
	vlong t;

	USED(fn, caller);
	t = now();
	if(_tos->pid != _tos->prof.pid || _tos->prof.pp == nil)
		return;
	_tos->prof.pp->time += t;
	_tos->prof.pp = _tos->prof.pp->up;
}
