/*
 * limits WHAT: wants more than a run may have of something.
 */
#include <u.h>
#include <libc.h>

static char buf[8192];

static void
spin(void)
{
	for(;;)
		;
}

static void
output(void)
{
	int i;

	for(i = 0; ; i++){
		snprint(buf, sizeof buf, "%07d\n", i);
		if(write(1, buf, 8) != 8)
			exits("write failed");
	}
}

static void
file(void)
{
	int i, fd;

	fd = create("big", OWRITE, 0666);
	memset(buf, 'x', sizeof buf);
	for(i = 0; ; i++)
		if(write(fd, buf, sizeof buf) != sizeof buf)
			exits("write failed");
}

static void
memory(void)
{
	char *p;

	for(;;){
		p = sbrk(1<<20);
		if(p == (char*)-1)
			exits("no memory");
		memset(p, 1, 1<<20);
	}
}

/* as many files as there may be, then one less */
static void
files(void)
{
	int n, fd;

	fd = -1;
	for(n = 0; n < 4000; n++){
		fd = open("f", OREAD);
		if(fd < 0)
			break;
	}
	print("%d: %r\n", n);
	close(10);
	if(open("f", OREAD) < 0)
		exits("a closed file still counts");
	exits(nil);
}

static void
processes(void)
{
	int n, pid;

	pid = -1;
	for(n = 0; n < 20000; n++){
		pid = rfork(RFPROC|RFMEM|RFNOWAIT);
		if(pid == 0)
			for(;;)
				sleep(1000000);
		if(pid < 0)
			break;
	}
	print("%d: %r\n", n);
	exits(nil);
}

/* every process makes two, for ever */
static void
bomb(void)
{
	for(;;)
		rfork(RFPROC|RFNOWAIT);
}

static void
list(void)
{
	int n, fd;

	fd = open(".", OREAD);
	while((n = read(fd, buf, sizeof buf)) > 0)
		;
	exits(n == 0 ? nil : "read failed");
}

static void
deadlock(void)
{
	int p[2];

	pipe(p);
	read(p[0], buf, 1);
}

static struct
{
	char	*name;
	void	(*f)(void);
} cases[] = {
	{ "spin", spin },
	{ "output", output },
	{ "file", file },
	{ "memory", memory },
	{ "files", files },
	{ "processes", processes },
	{ "bomb", bomb },
	{ "list", list },
	{ "deadlock", deadlock },
};

void
main(int argc, char *argv[])
{
	int i;

	for(i = 0; argc == 2 && i < nelem(cases); i++)
		if(strcmp(argv[1], cases[i].name) == 0)
			cases[i].f();
	exits("usage");
}
