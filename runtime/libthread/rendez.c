#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

static Thread *waiting[Nmeet];

/*
 * rendezvous for qlock and its kin: the thread waits, its proc does not.
 * threadint does not end it: who waits for a lock needs it.
 */
void*
_threadrendezvous(void *tag, void *value)
{
	Thread *t, **l;
	void *v;

	_threadlock();
	for(l = &waiting[((uintptr)tag>>3)%Nmeet]; (t = *l) != nil; l = &t->next)
		if(t->tag == tag){
			*l = t->next;
			v = t->value;
			t->value = value;
			_threadready(t);
			_threadunlock();
			return v;
		}
	t = PROC->self;
	if(t == nil)
		abort();	/* a note's handler wants a lock that is taken */
	t->tag = tag;
	t->value = value;
	t->next = nil;
	*l = t;
	_threadswitch(Meeting);
	return t->value;
}
