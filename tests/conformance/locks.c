#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/* Locks between processes that share memory. */
enum
{
	Nproc = 4,
	Rounds = 200,
	Share = RFPROC|RFMEM|RFFDG,
};

static long count, inside, most, ended;
static Lock spin;
static QLock ql;
static RWLock rw;
static Rendez full, empty;

static void
crowd(void (*f)(int))
{
	int i;

	count = inside = most = ended = 0;
	for(i = 0; i < Nproc; i++)
		if(rfork(Share) == 0){
			f(i);
			ainc(&ended);
			_exits(nil);
		}
	while(waitpid() >= 0)
		;
}

static void
enter(void)
{
	long n;

	n = ainc(&inside);
	if(n > most)
		most = n;
}

static void
counting(int me)
{
	int i;

	USED(me);
	for(i = 0; i < Rounds; i++){
		ainc(&count);
		if(i%3 == 0)
			adec(&count);
	}
}

static void
spinning(int me)
{
	int i, n;

	USED(me);
	for(i = 0; i < Rounds; i++){
		lock(&spin);
		enter();
		n = count;
		if(i%16 == 0)
			sleep(0);
		count = n+1;
		adec(&inside);
		unlock(&spin);
	}
}

static void
queueing(int me)
{
	int i, n;

	for(i = 0; i < Rounds; i++){
		if(me == 0 && i%2 == 0){
			while(!canqlock(&ql))
				sleep(0);
		}else
			qlock(&ql);
		enter();
		n = count;
		if(i%8 == 0)
			sleep(0);
		count = n+1;
		adec(&inside);
		qunlock(&ql);
	}
}

static long readers, together, mixed;

static void
readwrite(int me)
{
	int i, n;

	for(i = 0; i < Rounds; i++){
		if((i+me)%4 == 0){
			if(i%8 == 0)
				wlock(&rw);
			else while(!canwlock(&rw))
				sleep(0);
			enter();
			if(readers != 0)
				mixed++;
			n = count;
			sleep(0);
			count = n+1;
			adec(&inside);
			wunlock(&rw);
		}else{
			if(i%5 != 0)
				rlock(&rw);
			else while(!canrlock(&rw))
				sleep(0);
			if(ainc(&readers) > 1)
				together++;
			if(inside != 0)
				mixed++;
			sleep(0);
			adec(&readers);
			runlock(&rw);
		}
	}
}

static int queue[3], nqueue, sum;

static void
pass(int me)
{
	int i;

	for(i = 1; i <= Rounds; i++){
		qlock(&ql);
		if(me%2 == 0){
			while(nqueue == nelem(queue))
				rsleep(&empty);
			queue[nqueue++] = i;
			rwakeup(&full);
		}else{
			while(nqueue == 0)
				rsleep(&full);
			sum += queue[--nqueue];
			rwakeup(&empty);
		}
		qunlock(&ql);
	}
}

static int go, awake;

static void
sleeper(int me)
{
	USED(me);
	qlock(&ql);
	awake++;
	while(!go)
		rsleep(&full);
	qunlock(&ql);
}

static void
everybody(void)
{
	int i, n;

	go = awake = ended = 0;
	for(i = 0; i < Nproc; i++)
		if(rfork(Share) == 0){
			sleeper(i);
			ainc(&ended);
			_exits(nil);
		}
	for(;;){
		qlock(&ql);
		if(awake == Nproc)
			break;
		qunlock(&ql);
		sleep(1);
	}
	is(rwakeup(&full), 1, "rwakeup wakes one");
	go = 1;
	n = rwakeupall(&full);
	is(n, Nproc-1, "rwakeupall wakes all others, and says how many");
	is(rwakeup(&full), 0, "rwakeup without a sleeper is 0");
	qunlock(&ql);
	while(waitpid() >= 0)
		;
	is(ended, Nproc, "all who slept went on");
}

static int
ignore(void *u, char *note)
{
	USED(u);
	if(strcmp(note, "poke") != 0)
		return 0;
	ainc(&count);
	return 1;
}

static void
waiter(int me)
{
	USED(me);
	atnotify(ignore, 1);
	shared[1] = 1;
	qlock(&ql);
	shared[2] = count;
	qunlock(&ql);
}

/* A note interrupts rendezvous, not the wait for a lock. */
static void
poked(void)
{
	int pid, i;

	count = 0;
	shared[1] = 0;
	qlock(&ql);
	pid = rfork(Share);
	if(pid == 0){
		waiter(0);
		_exits(nil);
	}
	until(1, 1);
	for(i = 0; i < 3; i++){
		sleep(20);
		postnote(PNPROC, pid, "poke");
	}
	sleep(20);
	qunlock(&ql);
	waitpid();
	is(shared[2], 3, "notes do not end the wait for a QLock");
	ok(canqlock(&ql), "which is free afterwards");
	qunlock(&ql);
}

static void
unheld(void)
{
	qunlock(&ql);
}

static void
nolock(void)
{
	Rendez r;

	memset(&r, 0, sizeof r);
	rsleep(&r);
}

static void
single(void)
{
	int v;

	v = 0;
	is(_tas(&v), 0, "_tas of 0 is 0");
	ok(v != 0 && _tas(&v) != 0, "and then it is not");
	lock(&spin);
	is(canlock(&spin), 0, "canlock of a lock that is held");
	unlock(&spin);
	is(canlock(&spin), 1, "of one that is free");
	unlock(&spin);
	qlock(&ql);
	is(canqlock(&ql), 0, "canqlock of a lock that is held");
	qunlock(&ql);
	rlock(&rw);
	rlock(&rw);
	is(canrlock(&rw), 1, "three readers");
	is(canwlock(&rw), 0, "and no writer");
	runlock(&rw);
	runlock(&rw);
	runlock(&rw);
	is(canwlock(&rw), 1, "a writer");
	is(canrlock(&rw), 0, "and no reader");
	wunlock(&rw);
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	full.l = empty.l = &ql;
	single();
	crowd(counting);
	is(count, Nproc*(Rounds - (Rounds+2)/3), "ainc and adec count right");
	crowd(spinning);
	ok(count == Nproc*Rounds && most == 1, "lock lets one in at a time");
	crowd(queueing);
	ok(count == Nproc*Rounds && most == 1, "qlock lets one in at a time");
	crowd(readwrite);
	is(count, Nproc*Rounds/4, "wlock lets one in at a time");
	is(mixed, 0, "readers and writers are not in together");
	ok(together > 0, "readers are");
	crowd(pass);
	ok(ended == Nproc && nqueue == 0 && sum == Nproc/2*Rounds*(Rounds+1)/2, "rsleep and rwakeup pass everything on");
	everybody();
	poked();
	ok(privalloc() != nil, "privalloc");
	*privalloc() = nil;
	dies(unheld, "qunlock called with qlock not held, from 0x*", "went on", "qunlock without qlock complains and goes on");
	dies(nolock, "suicide: sys: trap: fault read addr=0x0 pc=*", "=", "rsleep without a lock aborts");
	done();
}
