#include <u.h>
#include <libc.h>
#include <tos.h>

/*
 * Dies in the way that its argument names, or goes on and says so; without an
 * argument lists the ways.  deaths.tsv says what the kernel prints.
 */
typedef struct Death Death;
struct Death
{
	char	*name;
	void	(*die)(void);
};

extern Death	deaths[];	/* what takes an instruction of its own: deaths_*.S */
extern char	datacode[];

static char *unmapped = (char*)0x10000000;
static char *volatile null;

static void
opennil(void)
{
	open(null, OREAD);
}

static void
openbad(void)
{
	open(unmapped, OREAD);
}

static void
writebad(void)
{
	pwrite(1, unmapped, 5, -1);
}

static void
writebadfd(void)
{
	pwrite(-1, unmapped, 5, -1);
}

static void
readtext(void)
{
	pread(0, (void*)readtext, 4, -1);
}

static void
readnegative(void)
{
	pread(0, datacode, -1, -1);
}

static void
readnil(void)
{
	pread(0, null, 0, -1);
}

static void
readkernel(void)
{
	pread(0, (void*)(uintptr)-4096, 5, -1);
}

static void
seeknil(void)
{
	_seek((vlong*)null, 0, 0, 0);
}

static void
errstrnil(void)
{
	errstr(null, 10);
}

static void
olderrstrnil(void)
{
	_errstr(null);
}

static void
statnil(void)
{
	stat("/", (uchar*)null, 100);
}

static void
statnoname(void)
{
	stat(null, (uchar*)datacode, 8);
}

static void
fd2pathnil(void)
{
	fd2path(1, null, 10);
}

static void
exitsbad(void)
{
	_exits(unmapped);
}

static void
stringend(void)
{
	char *s;

	/* a name without end, at the very top of the stack */
	s = (char*)(_tos+1) - 8;
	memset(s, 'x', 8);
	open(s, OREAD);
}

static void
bad48(void)
{
	syscall(48);
}

static void
bad54(void)
{
	syscall(54);
}

static void
badminus(void)
{
	syscall(-1);
}

static void
seekodd(void)
{
	_seek((vlong*)(datacode+1), 1, 0, 0);
}

static void
heapjump(void)
{
	char *p;
	void (*f)(void);

	p = sbrk(8192);
	if((vlong)p == -1)
		return;
	memset(p, 0, 8192);
	f = (void(*)(void))(((uintptr)p + 4095) & ~(uintptr)4095);
	fprint(1, "0x%p\n", f);
	f();
}

static void
assertion(void)
{
	assert(null != nil);
}

static void
fatal(void)
{
	argv0 = "deaths";
	sysfatal("%d is too much", 3);
}

static void
quoted(void)
{
	exits("it's over");
}

static void
longtext(void)
{
	char buf[300];

	memset(buf, 'a', sizeof buf-1);
	buf[sizeof buf-1] = '\0';
	exits(buf);
}

static Death calls[] = {
	{"open-nil", opennil},
	{"open-bad", openbad},
	{"write-bad", writebad},
	{"write-bad-fd", writebadfd},
	{"read-into-text", readtext},
	{"read-negative", readnegative},
	{"read-nothing-to-nil", readnil},
	{"read-into-kernel", readkernel},
	{"seek-nil", seeknil},
	{"errstr-nil", errstrnil},
	{"old-errstr-nil", olderrstrnil},
	{"stat-nil", statnil},
	{"stat-no-name", statnoname},
	{"fd2path-nil", fd2pathnil},
	{"name-without-end", stringend},
	{"exits-bad", exitsbad},
	{"call-48", bad48},
	{"call-54", bad54},
	{"call-minus-1", badminus},
	{"seek-odd", seekodd},
	{"jump-heap", heapjump},
	{"assert", assertion},
	{"sysfatal", fatal},
	{"exits-quote", quoted},
	{"exits-long", longtext},
	{nil, nil},
};

static void
search(Death *d, char *name)
{
	for(; d->name != nil; d++)
		if(name == nil)
			print("%s\n", d->name);
		else if(strcmp(d->name, name) == 0){
			d->die();
			print("went on\n");
			exits("went on");
		}
}

void
main(int argc, char *argv[])
{
	char *name;

	name = argc > 1 ? argv[1] : nil;
	search(deaths, name);
	search(calls, name);
	if(name != nil)
		sysfatal("no case %s", name);
	exits(nil);
}
