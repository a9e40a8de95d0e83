#include <u.h>
#include <libc.h>
#include <thread.h>
#include "tap.h"

/* Threads that compute with doubles: what their registers hold is theirs while others run. */
enum
{
	Stack = 8192,
	Nthread = 4,
	Nstep = 200,
};

static double
compute(double b, int polite)
{
	double a, x, y, z, w;
	int i;

	a = 1;
	x = 0.5;
	y = 3;
	z = b*7;
	w = -b;
	for(i = 0; i < Nstep; i++){
		a += b*x - w;
		b = b*1.0001 + y;
		x = x*0.999 + z*1e-9;
		y = y+x;
		z = z*0.99 + a*1e-6;
		w = w*0.5 + z;
		if(polite)
			yield();
	}
	return a+b+x+y+z+w;
}

static void
work(void *v)
{
	char buf[64];
	double d;
	Channel **c;
	vlong who;

	c = v;
	recv(c[0], &who);
	d = compute(who, 1);
	snprint(buf, sizeof buf, "%.30g %.17e %f", d*1e300, d*1e-300, d);	/* the most of a stack that print takes */
	chanprint(c[1], "%lld %.17g", who, d);
}

/* fthreadnote.c */
extern	volatile int	sawnote;
extern	int	threadhandler(void*, char*);
Channel	*said;

static void
handlers(void)
{
	char buf[32], *s;
	double x;

	said = chancreate(sizeof(char*), 1);
	threadnotify(threadhandler, 1);
	x = 0.5;
	postnote(PNPROC, getpid(), "name");
	while(!sawnote)
		x = x*0.5 + 0.25;
	threadnotify(threadhandler, 0);
	s = nbrecvp(said);
	ok(s != nil && strcmp(s, "name 42 α") == 0, "chanprint in a handler");
	free(s);
	snprint(buf, sizeof buf, "thread %d of mine", threadid());
	ok(strcmp(threadgetname(), buf) == 0, "threadsetname in a handler");
	ok(x == 0.5, "doubles are what they were");
}

void
threadmain(int argc, char **argv)
{
	Channel *c[2];
	char *s, *end;
	vlong who;
	int i, good;

	USED(argc, argv);
	c[0] = chancreate(sizeof(vlong), 0);
	c[1] = chancreate(sizeof(char*), 0);
	for(i = 0; i < 2*Nthread; i++)
		if(i < Nthread)
			threadcreate(work, c, Stack);
		else
			proccreate(work, c, Stack);
	for(i = 0; i < 2*Nthread; i++){
		who = i;
		send(c[0], &who);
	}
	good = 1;
	for(i = 0; i < 2*Nthread; i++){
		s = recvp(c[1]);
		who = strtoll(s, &end, 10);
		good &= strtod(end, nil) == compute(who, 0);
		free(s);
	}
	ok(good, "doubles of threads that take turns");
	handlers();
	print("1..%d\n", tapcount);
	threadexitsall(tapfailed == 0 ? nil : "failed");
}
