/*
 * limits WHAT: wants more than a run may have of something.
 */
#include <u.h>
#include <libc.h>
#include "../conformance/note.h"

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

/* one call with as much as a buffer holds, to and from everything */
static void
large(void)
{
	static char *names[] = {
		"/dev/random", "/dev/zero", "/dev/null", "/dev/kmesg", "/dev/sysname", "/dev/drivers", "/dev/time", "/dev/user",
		"/dev/consctl", "/dev/sysstat", "/dev/mordor", "/env/x", "#g/x/ctl", "#g/x/data", "/srv/x",
		"/proc/1/ctl", "/proc/1/note", "/proc/1/args", "/proc/1/mem", "/proc/1/noteid", "/proc/1/watchpt", "/proc/1/ns",
		"/proc/1/segment", "#|/data", "/dev/swap", ".",
	};
	char *p;
	int fd, i, m;
	vlong began;
	enum { Large = 32<<20 };

	catch(keep);
	p = sbrk(Large);
	memset(p, '7', Large);
	create("#g/x", OREAD, DMDIR|0777);
	create("/env/x", OWRITE, 0666);
	for(i = 0; i < nelem(names); i++)
		for(m = OREAD; m <= OWRITE; m++){
			fd = open(names[i], m);
			if(fd < 0 || (strcmp(names[i], "/fd/1") == 0 && m == OREAD))
				continue;
			began = nsec();
			alarm(200);
			if(m == OREAD)
				pread(fd, p, Large, 0);
			else
				pwrite(fd, p, Large, 0);
			alarm(0);
			memset(p, '7', 4096);
			print("%lld ms %s %s\n", (nsec()-began)/1000000, m == OREAD ? "read" : "write", names[i]);
			close(fd);
		}
	/* names and texts without end */
	began = nsec();
	open(p, OREAD);
	segattach(0, p, nil, 4096);
	errstr(p, Large);
	fversion(1, 0, p, Large);
	print("%lld ms names\n", (nsec()-began)/1000000);
	exits(nil);
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
	{ "large", large },
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
