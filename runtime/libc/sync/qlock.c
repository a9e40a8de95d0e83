#include <u.h>
#include <libc.h>

/*
 * Locks that are waited for in the kernel.  Who waits has an entry of a pool,
 * which lies in shared memory as stacks do not, and meets who wakes him by
 * rendezvous at its address.  An entry has one owner: it is taken before it is
 * queued and given back after the meeting.
 */
enum
{
	Nwait = 1024,
};

enum	/* QLp.state: what is waited for */
{
	Queuing,
	QueuingR,
	QueuingW,
	Sleeping,
};

static QLp pool[Nwait];
static int next;	/* where the search begins: a hint that need not be right */

static void *(*meet)(void*, void*) = rendezvous;

/* The thread library's rendezvous, which blocks one thread and not the process. */
void
_qlockinit(void *(*f)(void*, void*))
{
	meet = f;
}

static QLp*
getentry(int state)
{
	QLp *p;
	int i, n;

	n = next;
	for(i = 0; i < Nwait; i++){
		p = &pool[n++ % Nwait];
		if(_tas(&p->inuse) == 0){
			next = n % Nwait;
			p->state = state;
			p->next = nil;
			return p;
		}
	}
	abort();
}

static void
append(QLp **head, QLp **tail, QLp *p)
{
	if(*head == nil)
		*head = p;
	else
		(*tail)->next = p;
	*tail = p;
}

static QLp*
first(QLp **head, QLp **tail)
{
	QLp *p;

	p = *head;
	if(p != nil && (*head = p->next) == nil)
		*tail = nil;
	return p;
}

/* A note interrupts a rendezvous, which then is ~0; the other side still waits or will come. */
static void
sit(QLp *p)
{
	while((*meet)(p, (void*)1) == (void*)~(uintptr)0)
		;
	__atomic_store_n(&p->inuse, 0, __ATOMIC_RELEASE);
}

static void
wake(QLp *p, uintptr value)
{
	while((*meet)(p, (void*)value) == (void*)~(uintptr)0)
		;
}

void
qlock(QLock *q)
{
	QLp *p;

	lock(&q->lock);
	if(!q->locked){
		q->locked = 1;
		unlock(&q->lock);
		return;
	}
	p = getentry(Queuing);
	append(&q->qhead, &q->qtail, p);
	unlock(&q->lock);
	sit(p);
}

/* The lock of q is held, and so is q: whoever waits first has it next. */
static void
pass(QLock *q)
{
	QLp *p;

	p = first(&q->qhead, &q->qtail);
	if(p == nil)
		q->locked = 0;
	unlock(&q->lock);
	if(p != nil)
		wake(p, 0x12345);
}

void
qunlock(QLock *q)
{
	lock(&q->lock);
	if(!q->locked)
		fprint(2, "qunlock called with qlock not held, from %#p\n", (void*)getcallerpc(&q));
	pass(q);
}

int
canqlock(QLock *q)
{
	int free;

	if(!canlock(&q->lock))
		return 0;
	free = !q->locked;
	q->locked = 1;
	unlock(&q->lock);
	return free;
}

/* Readers queue behind a writer that waits, so that he is not starved. */
static int
tryread(RWLock *q)
{
	if(q->writer || q->rwhead != nil)
		return 0;
	q->nreaders++;
	return 1;
}

static int
trywrite(RWLock *q)
{
	if(q->writer || q->nreaders != 0)
		return 0;
	q->writer = 1;
	return 1;
}

static void
rwlock(RWLock *q, int (*try)(RWLock*), int state)
{
	QLp *p;

	lock(&q->lock);
	if(try(q)){
		unlock(&q->lock);
		return;
	}
	p = getentry(state);
	append(&q->rwhead, &q->rwtail, p);
	unlock(&q->lock);
	sit(p);
}

static int
canrwlock(RWLock *q, int (*try)(RWLock*))
{
	int got;

	lock(&q->lock);
	got = try(q);
	unlock(&q->lock);
	return got;
}

void
rlock(RWLock *q)
{
	rwlock(q, tryread, QueuingR);
}

int
canrlock(RWLock *q)
{
	return canrwlock(q, tryread);
}

void
wlock(RWLock *q)
{
	rwlock(q, trywrite, QueuingW);
}

int
canwlock(RWLock *q)
{
	return canrwlock(q, trywrite);
}

/* The last reader lets the writer in, who must be first: readers would not have queued. */
void
runlock(RWLock *q)
{
	QLp *p;

	lock(&q->lock);
	if(q->nreaders <= 0)
		abort();
	p = nil;
	if(--q->nreaders == 0 && (p = first(&q->rwhead, &q->rwtail)) != nil){
		if(p->state != QueuingW)
			abort();
		q->writer = 1;
	}
	unlock(&q->lock);
	if(p != nil)
		wake(p, 0);
}

/* Next is the first in the queue, with all readers right behind a reader. */
void
wunlock(RWLock *q)
{
	QLp *p, *last, *go;

	lock(&q->lock);
	if(!q->writer)
		abort();
	go = q->rwhead;
	if(go == nil){
		q->writer = 0;
		unlock(&q->lock);
		return;
	}
	last = go;
	if(go->state != QueuingW){
		q->writer = 0;
		q->nreaders = 1;
		while(last->next != nil && last->next->state == QueuingR){
			last = last->next;
			q->nreaders++;
		}
	}
	q->rwhead = last->next;
	if(q->rwhead == nil)
		q->rwtail = nil;
	last->next = nil;
	unlock(&q->lock);
	while((p = go) != nil){
		go = p->next;	/* read before p is its owner's again */
		wake(p, 0);
	}
}

/* Abort unless the caller holds the lock of r, whose Lock is taken. */
static void
owned(Rendez *r)
{
	if(r->l == nil)
		abort();
	lock(&r->l->lock);
	if(!r->l->locked)
		abort();
}

void
rsleep(Rendez *r)
{
	QLp *p;

	owned(r);
	p = getentry(Sleeping);
	append(&r->rhead, &r->rtail, p);
	pass(r->l);
	sit(p);
}

/* The sleeper goes to the head of those who wait for the lock, which the caller holds. */
int
rwakeup(Rendez *r)
{
	QLp *p;

	owned(r);
	p = first(&r->rhead, &r->rtail);
	if(p != nil){
		p->state = Queuing;
		p->next = r->l->qhead;
		r->l->qhead = p;
		if(r->l->qtail == nil)
			r->l->qtail = p;
	}
	unlock(&r->l->lock);
	return p != nil;
}

int
rwakeupall(Rendez *r)
{
	int n;

	for(n = 0; rwakeup(r); n++)
		;
	return n;
}
