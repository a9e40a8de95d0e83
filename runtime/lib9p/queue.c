#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

#define REQ(q) ((Req*)((char*)(q) - offsetof(Req, qu)))

static void
unqueue(Queueelem *e)
{
	e->next->prev = e->prev;
	e->prev->next = e->next;
	e->next = e->prev = nil;
}

static void
serve(void *v)
{
	Reqqueue *q;
	Req *r;
	char file[32];
	int ctl;

	q = v;
	rfork(RFNOTEG);
	snprint(file, sizeof file, "/proc/%d/ctl", getpid());
	ctl = open(file, OWRITE|OCEXEC);
	for(;;){
		qlock(q);
		q->flush = 0;
		if(ctl >= 0)
			write(ctl, "nointerrupt", 11);	/* it was meant for the last one */
		q->cur = nil;
		while(q->next == &q->Queueelem)
			rsleep(q);
		r = REQ(q->next);
		unqueue(&r->qu);
		q->cur = r;
		qunlock(q);
		if(r->qu.f == nil)
			break;
		r->qu.f(r);
	}
	if(ctl >= 0)
		close(ctl);
	free(r);
	free(q);
	threadexits(nil);
}

Reqqueue*
reqqueuecreate(void)
{
	Reqqueue *q;

	q = emalloc9p(sizeof *q);
	q->l = q;
	q->next = q->prev = q;
	q->pid = proccreate(serve, q, mainstacksize);
	return q;
}

void
reqqueuepush(Reqqueue *q, Req *r, void (*f)(Req*))
{
	qlock(q);
	r->qu.f = f;
	r->qu.next = q;
	r->qu.prev = q->prev;
	q->prev->next = &r->qu;
	q->prev = &r->qu;
	rwakeup(q);
	qunlock(q);
}

/* What runs is interrupted, and answered by who runs it; what waits is answered here. */
void
reqqueueflush(Reqqueue *q, Req *r)
{
	qlock(q);
	if(q->cur == r){
		q->flush++;
		threadint(q->pid);
		qunlock(q);
		return;
	}
	if(r->qu.next != nil)
		unqueue(&r->qu);
	qunlock(q);
	respond(r, "interrupted");
}

/* A request without a function is the last. */
void
reqqueuefree(Reqqueue *q)
{
	if(q != nil)
		reqqueuepush(q, emalloc9p(sizeof(Req)), nil);
}
