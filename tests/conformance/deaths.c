#include <u.h>
#include <libc.h>
#include <tos.h>
#include "note.h"

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

/* Notes and children. */
static int	answer;		/* what the handler gives to noted */
static uintptr	elsewhere;	/* where it sends the process, if anywhere */

static void
alarmed(void)
{
	alarm(10);
	sleep(5000);
}

static void
computing(void)
{
	alarm(10);
	for(;;)
		;
}

static void
replaced(void)
{
	alarm(100000);
	alarm(10);
	sleep(5000);
}

static int
answers(Ureg *u, char *text)
{
	USED(text);
	if(elsewhere != 0)
		u->pc = elsewhere;
	return answer;
}

static int
faults(Ureg *u, char *text)
{
	USED(u, text);
	return *(volatile char*)null;
}

static int
callsbad(Ureg *u, char *text)
{
	USED(u, text);
	return syscall(54);
}

static void
handlerdefault(void)
{
	answer = NDFLT;
	catch(answers);
	alarmed();
}

static void
handlerdefaultfault(void)
{
	answer = NDFLT;
	catch(answers);
	*(volatile char*)null;
}

static void
handlerother(void)
{
	/* not an alarm: all processes share that note, and this would change its kind for good */
	answer = 7;
	catch(answers);
	post(getpid(), "note", "mine", 4);
}

static void
handlerfault(void)
{
	catch(faults);
	alarmed();
}

static void
handlercall(void)
{
	catch(callsbad);
	alarmed();
}

static void
handlernowhere(void)
{
	elsewhere = (uintptr)unmapped;
	catch(answers);
	alarmed();
}

static void
handlerbad(void)
{
	_notify(unmapped);
}

static void
handlerdata(void)
{
	_notify(datacode);
	alarmed();
}

static void
handlertwice(void)
{
	/* notify of nil forgets the handler */
	catch(answers);
	_notify(nil);
	alarmed();
}

static void
closedpipe(void)
{
	int fd[2];

	pipe(fd);
	close(fd[0]);
	write(fd[1], "x", 1);
}

static void
posted(void)
{
	post(getpid(), "note", "enough", 6);
}

static void
postedsys(void)
{
	post(getpid(), "note", "sys: enough", 11);
}

/* A child dies, and its parent exits with the child's status. */
static void
inherit(void (*f)(void))
{
	char buf[512], *s;
	int n;

	if(rfork(RFPROC|RFFDG|RFREND) == 0){
		f();
		exits(nil);
	}
	n = await(buf, sizeof buf-1);
	buf[n < 0 ? 0 : n] = '\0';
	for(s = buf; *s != '\0' && (s[0] != ':' || s[1] != ' '); s++)
		;
	if(*s == '\0')
		exits(nil);
	n = strlen(s);
	if(s[n-1] == '\'')
		s[n-1] = '\0';
	exits(s+2);
}

static void
nilread(void)
{
	*(volatile char*)null;
}

static void
childfault(void)
{
	inherit(nilread);
}

static void
childalarm(void)
{
	inherit(alarmed);
}

static void
childexits(void)
{
	inherit(exitsbad);
}

static void
grandchild(void)
{
	inherit(childfault);
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
	{"alarm", alarmed},
	{"alarm-computing", computing},
	{"alarm-replaced", replaced},
	{"handler-default", handlerdefault},
	{"handler-default-fault", handlerdefaultfault},
	{"handler-other", handlerother},
	{"handler-fault", handlerfault},
	{"handler-call-54", handlercall},
	{"handler-to-nowhere", handlernowhere},
	{"handler-bad", handlerbad},
	{"handler-data", handlerdata},
	{"handler-forgotten", handlertwice},
	{"closed-pipe", closedpipe},
	{"note", posted},
	{"note-sys", postedsys},
	{"child-fault", childfault},
	{"child-alarm", childalarm},
	{"child-exits-bad", childexits},
	{"grandchild", grandchild},
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
