#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

Proc **_threadprocp;
Proc *_threadprocs;

static Lock all;

void
_threadlock(void)
{
	PROC->busy++;
	lock(&all);
}

/* Notes that came meanwhile are heard now. */
void
_threadunlock(void)
{
	Proc *p;

	p = PROC;
	unlock(&all);
	if(--p->busy == 0 && p->pending)
		_threadnotes();
}

/* Notes are left for later. */
void
_threadletgo(void)
{
	unlock(&all);
	PROC->busy--;
}

/* What runs next: it goes to the end of the queue.  The lock is held. */
void
_threadready(Thread *t)
{
	Proc *p;

	p = t->proc;
	t->state = Ready;
	t->next = nil;
	if(p->head == nil)
		p->head = t;
	else
		p->tail->next = t;
	p->tail = t;
	if(p->asleep){
		p->asleep = 0;
		semrelease(&p->wakeups, 1);
	}
}

/* To the scheduler, which takes over the lock.  When it comes back the lock is free. */
static void
leave(Proc *p, Thread *t)
{
	if(setjmp(t->context) == 0)
		longjmp(p->context, 1);
}

static void
enter(Proc *p, Thread *t)
{
	if(setjmp(p->context) == 0)
		longjmp(t->context, 1);
}

static void
resumed(Proc *p)
{
	if(--p->busy == 0 && p->pending)
		_threadnotes();
}

/* Who complains: the program, if it has a name, and the process. */
static char*
who(char *p, int n)
{
	if(argv0 != nil)
		snprint(p, n, "%s %d", argv0, PROC->pid);
	else
		snprint(p, n, "%d", PROC->pid);
	return p;
}

/* Everything else may be wrong as well now, so nothing is done but this. */
static void
checkstack(Thread *t)
{
	char name[40];

	if(*(uintptr*)t->stack == Guard)
		return;
	_threadletgo();
	fprint(2, "%s: stack overflow: thread %d has used more than its %ud bytes\n",
		who(name, sizeof name), t->id, t->nstack-Extrastack);
	abort();
}

/* The lock is held: the calling thread waits, or lets others run if it is Ready. */
void
_threadswitch(State s)
{
	Proc *p;
	Thread *t;

	p = PROC;
	t = p->self;
	if(t == nil)
		abort();	/* a note's handler that waits while no thread runs */
	checkstack(t);
	if(s == Ready)
		_threadready(t);
	else
		t->state = s;
	leave(p, t);
	resumed(p);
}

/* Who was killed ends here. */
void
_threadmortal(void)
{
	Proc *p;

	p = PROC;
	if(_threadstatus != nil)
		exits(_threadstatus);
	if(p->self != nil && p->self->dying && !p->self->immortal)
		threadexits("");
}

void
yield(void)
{
	Proc *p;

	p = PROC;
	_threadmortal();
	_threadlock();
	if(p->head == nil){
		_threadunlock();
		return;
	}
	_threadswitch(Ready);
	_threadmortal();
}

/* Where a new thread begins, on its stack. */
static void
begin(void)
{
	Thread *t;

	resumed(PROC);
	t = PROC->self;
	_threadmortal();
	t->f(t->arg);
	threadexits("");
}

static int
nextid(void)
{
	static long id;

	return ainc(&id);
}

void*
_threadalloc(ulong n)
{
	void *v;

	v = mallocz(n, 1);
	if(v == nil)
		sysfatal("threads: no memory: %r");
	return v;
}

/*
 * What is known of a thread lies above its stack, in one block: what runs over
 * the stack's end does not destroy it, and the overflow can be said.  Both
 * machines want SP to be a multiple of 16; longjmp on amd64 takes a return
 * address off, as setjmp left it.
 */
static Thread*
newthread(void (*f)(void*), void *arg, uint stacksize, int grp)
{
	Thread *t;
	uchar *stack;
	uintptr top;

	if(stacksize < 32)
		sysfatal("bad stacksize %ud", stacksize);
	stacksize = (stacksize + Extrastack + 15) & ~15;
	stack = malloc(stacksize + sizeof *t);
	if(stack == nil)
		sysfatal("threads: no memory for a stack of %ud bytes: %r", stacksize);
	t = (Thread*)(stack + stacksize);
	memset(t, 0, sizeof *t);
	t->stack = stack;
	t->nstack = stacksize;
	*(uintptr*)stack = Guard;
	top = (uintptr)t - 64;
	memset((void*)top, 0, 64);	/* the return address of begin: there is none */
	t->context[JMPBUFSP] = top;
	t->context[JMPBUFPC] = (uintptr)begin;
	t->id = nextid();
	t->grp = grp;
	t->f = f;
	t->arg = arg;
	return t;
}

/* The lock is held, or nobody knows p yet. */
static void
addthread(Proc *p, Thread *t)
{
	Thread **l;

	t->proc = p;
	for(l = &p->threads; *l != nil; l = &(*l)->link)
		;
	*l = t;
	_threadready(t);
}

int
threadcreate(void (*f)(void*), void *arg, uint stacksize)
{
	Thread *t;
	int id;

	t = newthread(f, arg, stacksize, threadgetgrp());
	id = t->id;
	_threadlock();
	addthread(PROC, t);
	_threadunlock();
	return id;
}

Proc*
_threadnewproc(void (*f)(void*), void *arg, uint stacksize, int grp)
{
	Proc *p;

	p = _threadalloc(sizeof *p);
	p->busy = 1;
	p->pending = 1;	/* notes may have come to it before it knew that it is p */
	addthread(p, newthread(f, arg, stacksize, grp));
	return p;
}

/* A stack that two processes share is none: it is the scheduler, on its own, that forks. */
int
procrfork(void (*f)(void*), void *arg, uint stacksize, int flags)
{
	Proc *p, *new;
	int id;

	_threadmortal();
	p = PROC;
	new = _threadnewproc(f, arg, stacksize, threadgetgrp());
	new->flags = flags;
	id = new->threads->id;
	_threadlock();
	new->next = _threadprocs;
	_threadprocs = new;
	p->fork = new;
	_threadswitch(Ready);
	_threadmortal();
	return id;
}

int
proccreate(void (*f)(void*), void *arg, uint stacksize)
{
	return procrfork(f, arg, stacksize, 0);
}

static void
removeproc(Proc *p)
{
	Proc **l;

	for(l = &_threadprocs; *l != nil; l = &(*l)->next)
		if(*l == p){
			*l = p->next;
			break;
		}
}

/* The last thread of p has ended.  The last proc ends with what atexit knows. */
static _Noreturn void
endproc(Proc *p)
{
	char status[ERRMAX];
	int last;

	strcpy(status, p->status);
	removeproc(p);
	last = _threadprocs == nil;
	unlock(&all);
	if(last)
		exits(status);
	PROC = nil;
	free(p);
	_exits(status);
}

/* Nobody runs on its stack any more; what it was is free to others when the lock is. */
static void
bury(Proc *p, Thread *t)
{
	Thread **l;

	for(l = &p->threads; *l != nil; l = &(*l)->link)
		if(*l == t){
			*l = t->link;
			break;
		}
	unlock(&all);
	free(t->name);
	free(t->stack);	/* and t */
	lock(&all);
}

/* The child goes on as the scheduler of another proc, when its parent lets go of the lock. */
static Proc*
forkproc(Proc *p)
{
	Proc *new;
	int pid;

	new = p->fork;
	p->fork = nil;
	pid = rfork(RFPROC|RFMEM|RFNOWAIT|new->flags);
	if(pid == 0){
		PROC = new;
		lock(&all);
		return new;
	}
	if(pid < 0){
		unlock(&all);
		p->busy = 0;
		sysfatal("procrfork: %r");
	}
	new->pid = pid;
	return p;
}

/* exec in a child: the proc is there to wait for it. */
static void
forkexec(Proc *p)
{
	Execjob *e;
	char err[ERRMAX];
	int flags, pid;

	e = p->exec;
	p->exec = nil;
	flags = RFPROC|RFMEM|RFFDG|RFREND|RFNOTEG;
	if(_threadwaits == nil)
		flags |= RFNOWAIT;
	pid = rfork(flags);
	if(pid == 0){
		close(e->fd[0]);
		exec(e->file, e->args);
		err[0] = '\0';
		rerrstr(err, sizeof err);
		if(err[0] == '\0')
			strcpy(err, "exec failed");
		write(e->fd[1], err, strlen(err));
		_exits(err);
	}
	e->pid = pid;	/* not in the child, whose memory this is, too */
}

/* Waits until a thread is ready.  Notes are heard: no thread runs meanwhile. */
static Thread*
next(Proc *p)
{
	Thread *t;

	while((t = p->head) == nil){
		if(p->threads == nil)
			endproc(p);
		p->asleep = 1;
		p->idle = 1;
		unlock(&all);
		p->busy = 0;
		if(p->pending)
			_threadnotes();
		if(_threadstatus == nil)
			semacquire(&p->wakeups, 1);
		p->busy = 1;
		p->idle = 0;
		if(_threadstatus != nil)
			exits(_threadstatus);
		lock(&all);
		p->asleep = 0;
	}
	p->head = t->next;
	return t;
}

/* On the stack of the process, with the lock: whenever a thread leaves it is here that it goes on. */
void
_threadscheduler(void)
{
	Proc *p;
	Thread *t;

	p = PROC;
	lock(&all);
	p->pid = getpid();
	p->next = _threadprocs;
	_threadprocs = p;
	for(;;){
		t = next(p);
		t->state = Running;
		p->self = t;
		unlock(&all);
		if(_threadstatus != nil)
			exits(_threadstatus);
		enter(p, t);
		t = p->self;
		p->self = nil;
		if(t->state == Dead){
			p->handling = 0;
			bury(p, t);
		}
		if(p->exec != nil)
			forkexec(p);
		if(p->fork != nil)
			p = forkproc(p);
	}
}

void
needstack(int n)
{
	Thread *t;
	char here, name[40];

	t = PROC->self;
	if(t == nil || (uintptr)&here-n >= (uintptr)t->stack)
		return;
	fprint(2, "%s: stack overflow: thread %d has %lld bytes left and wants %d\n",
		who(name, sizeof name), t->id, (vlong)((uintptr)&here-(uintptr)t->stack), n);
	abort();
}
