#include <u.h>
#include <libc.h>

/*
 * Notes are what Plan 9 has for signals: texts that the kernel posts, or who
 * may write to /proc/n/note.  A process without a handler dies of one, and the
 * text is its exit status.  There is nothing to mask: while the handler runs
 * the next note waits.
 *
 * A handler interrupts the program anywhere.  In it
 *	- no floating point: the kernel kills for it.  Without float=True GCC
 *	  uses none, and the library does not either, so print is fine;
 *	- nothing that may be half done outside: malloc, Biobufs, locks;
 *	- what it changes is volatile, or GCC may not look at it again.
 */
enum
{
	Limit = 20,	/* ms */
};

static volatile int waiting, interrupts;
static jmp_buf recover;
static char fault[ERRMAX];

/* A handler for atnotify, which asks one after the other: is the note dealt with? */
static int
onalarm(void *ureg, char *note)
{
	USED(ureg);	/* the registers of the program */
	if(strcmp(note, "alarm") != 0)
		return 0;
	if(waiting)
		alarm(Limit);	/* in case that this one came before read began to wait */
	return 1;
}

static int
onpipe(void *ureg, char *note)
{
	USED(ureg);
	return strncmp(note, "sys: write on closed pipe", 25) == 0;
}

/* A handler for notify, the system call: it must not return, but say how to go on. */
static void
handler(void *ureg, char *note)
{
	if(strcmp(note, "interrupt") == 0){
		interrupts++;
		noted(NCONT);	/* where it was; a system call that waited fails */
	}
	if(strncmp(note, "sys: trap: fault", 16) == 0){
		strecpy(fault, fault+sizeof fault, note);
		notejmp(ureg, recover, 1);	/* longjmp alone would stay in the handler */
	}
	noted(NDFLT);	/* die */
}

/* A read with a limit of time. */
static void
timedread(void)
{
	int fd[2];
	char c;
	long n;

	pipe(fd);
	atnotify(onalarm, 1);
	waiting = 1;
	alarm(Limit);
	n = read(fd[0], &c, 1);	/* nobody writes */
	waiting = 0;
	alarm(0);
	atnotify(onalarm, 0);
	print("alarm: read is %ld: %r\n", n);
}

/* Who does not know that nobody reads gets a note, lest it writes for ever. */
static void
deafpipe(void)
{
	int fd[2];
	long n;

	pipe(fd);
	close(fd[0]);
	atnotify(onpipe, 1);
	n = write(fd[1], "hello", 5);
	atnotify(onpipe, 0);
	print("pipe: write is %ld: %r\n", n);
}

static void
count(void)
{
	notify(handler);
	while(interrupts < 3)
		postnote(PNPROC, getpid(), "interrupt");	/* what a terminal does to a group for DEL */
	notify(nil);
	print("interrupt: %d\n", interrupts);
}

static void
badpointer(void)
{
	int *volatile p;

	notify(handler);
	p = nil;
	if(setjmp(recover) == 0)
		print("%d\n", *p);
	else
		print("fault: %s\n", fault);
	notify(nil);
}

static void
unknown(void)
{
	notify(handler);
	postnote(PNPROC, getpid(), "the end");
	print("not reached\n");
}

static struct
{
	char	*name;
	void	(*f)(void);
} parts[] = {
	"alarm",	timedread,
	"pipe",		deafpipe,
	"interrupt",	count,
	"fault",	badpointer,
	"unknown",	unknown,
};

static void
usage(void)
{
	int i;

	fprint(2, "usage: %s", argv0);
	for(i = 0; i < nelem(parts); i++)
		fprint(2, " [%s]", parts[i].name);
	fprint(2, "\n");
	exits("usage");
}

void
main(int argc, char *argv[])
{
	int i;

	ARGBEGIN{
	default:
		usage();
	}ARGEND
	if(argc == 0)
		usage();
	for(; argc > 0; argc--, argv++){
		for(i = 0; i < nelem(parts) && strcmp(parts[i].name, *argv) != 0; i++)
			;
		if(i == nelem(parts))
			usage();
		parts[i].f();
	}
	exits(nil);
}
