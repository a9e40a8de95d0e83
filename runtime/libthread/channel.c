#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

static char closed[] = "channel was closed";
static Channel *graves;	/* to be freed, by qentry */

#define FIRST(c) (*(Waiter**)&(c)->qentry)

/* Numbers below n.  Not rand's: a program that seeds it gets what it expects.  The lock is held. */
static uint
anyof(uint n)
{
	static uint x = 2463534242U;

	x ^= x<<13;
	x ^= x>>17;
	x ^= x<<5;
	return x%n;
}

Channel*
chancreate(int elemsize, int bufsize)
{
	Channel *c;

	if(elemsize <= 0 || bufsize < 0)
		return nil;
	c = _threadalloc(sizeof *c + elemsize*bufsize);
	c->e = elemsize;
	c->s = bufsize;
	return c;
}

/* While somebody waits for it, it stays. */
void
chanfree(Channel *c)
{
	int now;

	if(c == nil)
		return;
	_threadlock();
	now = c->nentry == 0;
	c->freed = !now;
	_threadunlock();
	if(now)
		free(c);
}

/* Not while the lock is held: see threadimpl.h. */
static void
freegraves(void)
{
	Channel *c, *next;

	if(graves == nil)
		return;
	_threadlock();
	c = graves;
	graves = nil;
	_threadunlock();
	for(; c != nil; c = next){
		next = (Channel*)c->qentry;
		free(c);
	}
}

static void
enqueue(Waiter *w, Alt *a, Thread *t)
{
	Waiter *last;

	w->a = a;
	w->t = t;
	w->next = nil;
	w->prev = nil;
	if((last = FIRST(a->c)) == nil)
		FIRST(a->c) = w;
	else{
		while(last->next != nil)
			last = last->next;
		last->next = w;
		w->prev = last;
	}
	a->c->nentry++;
}

static void
dequeue(Waiter *w)
{
	Channel *c;

	c = w->a->c;
	if(w->prev != nil)
		w->prev->next = w->next;
	else
		FIRST(c) = w->next;
	if(w->next != nil)
		w->next->prev = w->prev;
	if(--c->nentry == 0 && c->freed){
		c->qentry = (volatile Alt**)graves;
		graves = c;
	}
}

/* Who waited in alt goes on: a is done, or it was interrupted.  The lock is held. */
void
_threadwake(Thread *t, Alt *a)
{
	int i;

	for(i = 0; i < t->nwaiter; i++)
		dequeue(&t->waiters[i]);
	t->nwaiter = 0;
	t->won = a;
	_threadready(t);
}

static void
copy(void *to, void *from, int n)
{
	if(to == nil)
		return;
	if(from == nil)
		memset(to, 0, n);
	else
		memmove(to, from, n);
}

static int
isopen(Alt *a)
{
	return !a->c->closed || (a->op == CHANRCV && a->c->n > 0);
}

/* Who waits longest for what a offers. */
static Waiter*
partner(Alt *a)
{
	Waiter *w;

	for(w = FIRST(a->c); w != nil; w = w->next)
		if(w->a->op+a->op == CHANSND+CHANRCV)
			break;
	return w;
}

static int
canrun(Alt *a)
{
	Channel *c;

	c = a->c;
	if(!isopen(a))
		return 0;
	if(a->op == CHANSND ? c->n < c->s : c->n > 0)
		return 1;
	return partner(a) != nil;
}

static void
put(Channel *c, void *v)
{
	copy(c->v + c->e*((c->f+c->n)%c->s), v, c->e);
	c->n++;
}

static void
get(Channel *c, void *v)
{
	copy(v, c->v + c->e*c->f, c->e);
	c->f = (c->f+1)%c->s;
	c->n--;
}

static void
finish(Waiter *w)
{
	w->a->err = nil;
	_threadwake(w->t, w->a);
}

/* Receivers wait when the buffer is empty, senders when it is full: values come in the order of sending. */
static void
run(Alt *a)
{
	Channel *c;
	Waiter *w;

	c = a->c;
	a->err = nil;
	w = partner(a);
	if(a->op == CHANSND){
		if(w == nil)
			put(c, a->v);
		else
			copy(w->a->v, a->v, c->e);
	}else if(c->n == 0)
		copy(a->v, w->a->v, c->e);
	else{
		get(c, a->v);
		if(w != nil)
			put(c, w->a->v);
	}
	if(w != nil)
		finish(w);
}

/* One of those that can proceed, at random. */
static Alt*
choose(Alt *alts, Alt *end)
{
	Alt *a, *found;
	int n;

	found = nil;
	n = 0;
	for(a = alts; a < end; a++)
		if(a->op != CHANNOP && canrun(a) && anyof(++n) == 0)
			found = a;
	return found;
}

/* Waits until an entry is done; its number, or -1. */
static int
wait4(Alt *alts, Alt *end, int n)
{
	Waiter w[n];
	Thread *t;
	Alt *a;
	int i;

	t = PROC->self;
	i = 0;
	for(a = alts; a < end; a++)
		if(a->op != CHANNOP && isopen(a))
			enqueue(&w[i++], a, t);
	if(t != nil){
		t->waiters = w;
		t->nwaiter = i;
	}
	_threadswitch(Inalt);
	freegraves();
	_threadmortal();
	return t->won == nil ? -1 : t->won-alts;
}

/*
 * Entries of closed channels are not waited for.  When there are no others,
 * the last of them that has not yet failed fails.
 */
int
alt(Alt *alts)
{
	Alt *a, *end, *fail;
	int n, nclosed;

	_threadmortal();
	for(end = alts; end->op != CHANEND && end->op != CHANNOBLK; end++)
		if(end->op != CHANNOP && end->c == nil)
			return -1;
	_threadlock();
	a = choose(alts, end);
	if(a != nil){
		run(a);
		if(PROC->head != nil && PROC->self != nil && !PROC->handling){
			_threadswitch(Ready);
			freegraves();
			_threadmortal();
		}else
			_threadunlock();
		return a-alts;
	}
	if(end->op == CHANNOBLK){
		_threadunlock();
		return end-alts;
	}
	fail = nil;
	n = nclosed = 0;
	for(a = alts; a < end; a++)
		if(a->op != CHANNOP){
			if(isopen(a))
				n++;
			else{
				nclosed++;
				if(a->err != closed)
					fail = a;
			}
		}
	if(n == 0 && nclosed > 0){
		_threadunlock();
		if(fail == nil)
			return -1;
		fail->err = closed;
		return fail-alts;
	}
	return wait4(alts, end, n+1);
}

int
chanclose(Channel *c)
{
	Waiter *w;
	int was;

	_threadlock();
	was = c->closed;
	c->closed = 1;
	if(!was)
		while((w = FIRST(c)) != nil){
			w->a->err = closed;
			_threadwake(w->t, w->a);
		}
	_threadunlock();
	freegraves();
	return was ? -1 : 0;
}

int
chanclosing(Channel *c)
{
	int n;

	_threadlock();
	n = c->closed ? (int)c->n : -1;
	_threadunlock();
	return n;
}

/* 1: done, 0: not now, -1: interrupted or closed */
static int
one(Channel *c, ChanOp op, void *v, ChanOp last)
{
	Alt a[2];

	a[0].c = c;
	a[0].op = op;
	a[0].v = v;
	a[0].err = nil;
	a[1].op = last;
	switch(alt(a)){
	case 0:
		return a[0].err == nil ? 1 : -1;
	case 1:
		return 0;
	}
	return -1;
}

int
send(Channel *c, void *v)
{
	return one(c, CHANSND, v, CHANEND);
}

int
recv(Channel *c, void *v)
{
	return one(c, CHANRCV, v, CHANEND);
}

int
nbsend(Channel *c, void *v)
{
	return one(c, CHANSND, v, CHANNOBLK);
}

int
nbrecv(Channel *c, void *v)
{
	return one(c, CHANRCV, v, CHANNOBLK);
}

int
sendp(Channel *c, void *v)
{
	assert(c->e == sizeof v);
	return send(c, &v);
}

void*
recvp(Channel *c)
{
	void *v;

	assert(c->e == sizeof v);
	return recv(c, &v) == 1 ? v : nil;
}

int
nbsendp(Channel *c, void *v)
{
	assert(c->e == sizeof v);
	return nbsend(c, &v);
}

void*
nbrecvp(Channel *c)
{
	void *v;

	assert(c->e == sizeof v);
	return nbrecv(c, &v) == 1 ? v : nil;
}

int
sendul(Channel *c, ulong v)
{
	assert(c->e == sizeof v);
	return send(c, &v);
}

/* ~0 when interrupted, which thread(2) calls zero: programs know it as Plan 9's library has it. */
ulong
recvul(Channel *c)
{
	ulong v;

	assert(c->e == sizeof v);
	return recv(c, &v) == 1 ? v : ~(ulong)0;
}

int
nbsendul(Channel *c, ulong v)
{
	assert(c->e == sizeof v);
	return nbsend(c, &v);
}

ulong
nbrecvul(Channel *c)
{
	ulong v;

	assert(c->e == sizeof v);
	return nbrecv(c, &v) == 1 ? v : 0;
}
