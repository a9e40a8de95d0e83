/* A program that does what its first argument says, on nothing but system calls. */
typedef unsigned long uintptr;

extern long call(long n, ...);
extern void ignore(void);

enum { CHDIR = 3, CLOSE = 4, EXITS = 8, OPEN = 14, SLEEP = 17, RFORK = 19, CREATE = 22, REMOVE = 25, NOTIFY = 28, AWAIT = 47, PREAD = 50, PWRITE = 51 };

static char buf[8192];
int recursion;

static unsigned long
length(char *s)
{
	unsigned long n;

	for(n = 0; s[n] != 0; n++)
		;
	return n;
}

static int
same(char *a, char *b)
{
	while(*a != 0 && *a == *b)
		a++, b++;
	return *a == *b;
}

static void
put(int fd, char *s)
{
	call(PWRITE, (long)fd, s, length(s), -1L);
}

static int
overflow(int n)
{
	volatile char big[4096];

	big[0] = n;
	return overflow(n + 1) + big[0];
}

int *volatile nothing;

static __attribute__((noinline)) void
fault(int *p)
{
	*p = 1;		/* the fault */
}

void
entry(long *sp)
{
	long argc, i, n, fd;
	char **argv, *verb;

	argc = sp[0];
	argv = (char **)(sp + 1);
	verb = argc > 1 ? argv[1] : "args";
	if(same(verb, "args"))
		for(i = 0; i < argc; i++){
			put(1, argv[i]);
			put(1, "\n");
		}
	else if(same(verb, "exits"))
		call(EXITS, argc > 2 ? argv[2] : (char *)0);
	else if(same(verb, "cat")){
		fd = 0;
		if(argc > 2)
			fd = call(OPEN, argv[2], 0L);
		while((n = call(PREAD, fd, buf, sizeof buf, -1L)) > 0)
			call(PWRITE, 1L, buf, n, -1L);
		if(n < 0)
			call(EXITS, "cannot read");
	}else if(same(verb, "create")){
		fd = call(CREATE, argv[2], 1L, 0666L);
		if(fd < 0)
			call(EXITS, "cannot create");
		put(fd, argv[3]);
	}else if(same(verb, "err"))
		put(2, argv[2]);
	else if(same(verb, "yes"))
		for(;;)
			put(1, "y\n");
	else if(same(verb, "spin"))
		for(;;)
			__asm__ volatile("");
	else if(same(verb, "sleep"))
		call(SLEEP, 60000L);
	else if(same(verb, "fault"))
		fault(nothing);
	else if(same(verb, "childfault")){
		if(call(RFORK, 20L) == 0)
			fault(nothing);
		call(AWAIT, buf, 512L);
		call(EXITS, argc > 2 ? argv[2] : (char *)0);
	}else if(same(verb, "overflow"))
		recursion = overflow(0);
	else if(same(verb, "unsupported"))
		put((int)call(OPEN, "/dev/reboot", 1L), "reboot");
	else if(same(verb, "orphan")){
		if(call(RFORK, 20L) == 0){
			call(SLEEP, 300L);
			put(1, "late\n");
		}
	}else if(same(verb, "race")){
		/* who prints first is chance; the loop is there to be cut in two */
		n = call(RFORK, 20L);
		for(i = 0; i < 3000; i++)
			__asm__ volatile("");
		put(1, n == 0 ? "child\n" : "parent\n");
		if(n != 0)
			call(AWAIT, buf, 512L);
	}else if(same(verb, "raw")){
		fd = call(OPEN, "/dev/consctl", 1L);
		put(fd, "rawon");
		put(1, "ready\n");
		while((n = call(PREAD, 0L, buf, sizeof buf, -1L)) > 0 && buf[0] != 'q')
			call(PWRITE, 1L, buf, n, -1L);
		call(CLOSE, fd);
		put(1, "cooked\n");
	}else if(same(verb, "deaf")){
		call(NOTIFY, ignore);
		put(1, "ready\n");
		for(;;)
			__asm__ volatile("");
	}else if(same(verb, "pair")){
		/* a child that waits for input, a parent that waits for it; both have the handler */
		if(argc > 2)
			call(NOTIFY, ignore);
		if(call(RFORK, 20L) == 0){
			put(1, "ready\n");
			if(call(PREAD, 0L, buf, sizeof buf, -1L) < 0)
				call(EXITS, "interrupted");
			call(EXITS, (char *)0);
		}
		while((n = call(AWAIT, buf, 512L)) < 0)
			;
		call(PWRITE, 1L, buf, n, -1L);
	}else if(same(verb, "deadlock")){
		/* the two never meet */
		call(34L, call(RFORK, 20L) + 1, 2L);
	}
	else
		call(EXITS, "unknown verb");
	call(EXITS, (char *)0);
}
