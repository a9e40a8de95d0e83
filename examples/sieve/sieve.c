#include <u.h>
#include <libc.h>
#include <thread.h>

/*
 * The primes up to a number, by a chain of threads.  Each has a prime of its
 * own and hands on what that does not divide; whatever reaches the end of the
 * chain is the next prime, and gets a thread there.
 *
 * Threads of a process take turns: one runs until it waits, here in recvul or
 * sendul.  So they need no locks between them.
 */
enum
{
	Stack = 4096,
};

typedef struct Link Link;
struct Link
{
	int	prime;
	Channel	*in;
	Channel	*out;
};

static void
filter(void *v)
{
	Link *l;
	ulong n;

	l = v;
	while((n = recvul(l->in)) != 0)
		if(n%l->prime != 0)
			sendul(l->out, n);
	sendul(l->out, 0);
}

static void
count(void *v)
{
	Link *l;
	int n;

	l = v;
	for(n = 2; n <= l->prime; n++)
		sendul(l->out, n);
	sendul(l->out, 0);	/* no more */
}

/* Threads have small stacks, and all share the heap: what they work on comes from malloc. */
static Link*
newlink(int prime, Channel *in)
{
	Link *l;

	l = malloc(sizeof *l);
	if(l == nil)
		sysfatal("malloc: %r");
	l->prime = prime;
	l->in = in;
	l->out = chancreate(sizeof(ulong), 0);
	return l;
}

static void
usage(void)
{
	fprint(2, "usage: %s number\n", argv0);
	threadexitsall("usage");	/* exits would end the process, and leave others */
}

/* A program with threads has no main. */
void
threadmain(int argc, char *argv[])
{
	Link *l;
	ulong prime;

	ARGBEGIN{
	default:
		usage();
	}ARGEND
	if(argc != 1)
		usage();
	l = newlink(atoi(argv[0]), nil);
	proccreate(count, l, Stack);	/* a process: it counts while others sieve */
	while((prime = recvul(l->out)) != 0){
		print("%lud\n", prime);
		l = newlink(prime, l->out);
		threadcreate(filter, l, Stack);
	}
	threadexitsall(nil);	/* threadmain's end would not end the program */
}
