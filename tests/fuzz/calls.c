/*
 * calls SEED [OPS [PROCESSES [COUNTER DEPTH]]]: random system calls with
 * random and nearly valid arguments, made by several processes at once.
 *
 * The first process starts workers and waits for them; each worker makes OPS
 * calls, some of which start another one, until PROCESSES have been started.
 * What comes out of it does not matter, only that the kernel has a word for
 * everything; so most results are ignored, and an alarm ends what blocks.
 * A worker that destroys itself, or another one, is welcome.
 */
#include <u.h>
#include <libc.h>
#include "../conformance/note.h"

enum
{
	Nbuf = 1<<16,
	Nname = 1<<16,
	Nops = 400,
	Nprocs = 12,
	Maxdepth = 4,
};

extern char _start[], etext[], edata[], end[];

static uchar buf[Nbuf], buf2[Nbuf];
static char longname[Nname+16];
static uvlong state;
static int *started;	/* how many processes have been, in a shared page */
static int ops, procs, depth;
static char *program;
static uvlong top;	/* of the stack */

static uvlong
rnd(void)
{
	uvlong z;

	z = (state += 0x9e3779b97f4a7c15);
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z>>27) * 0x94d049bb133111eb;
	return z ^ z>>31;
}

static uint
below(uint n)
{
	return rnd()%n;
}

static int
onein(uint n)
{
	return below(n) == 0;
}

static char *names[] = {
	"f0", "f1", "f2", "f3", "d0", "d0/f0", "d0/d1", "d0/d1/f2", "d1", "d1/../f0", "./f1", "f0/.", "f1/",
	"link", "link/f", "out", "out/secret", "../canary", "fifo", "..", ".", "/", "//", "", "../../..", "nosuch",
	"/dev", "/dev/cons", "/dev/null", "/dev/zero", "/dev/random", "/dev/pid", "/dev/ppid", "/dev/user",
	"/dev/sysname", "/dev/sysstat", "/dev/time", "/dev/bintime", "/dev/cputime", "/dev/drivers",
	"/dev/hostowner", "/dev/hostdomain", "/dev/kmesg", "/dev/kprint", "/dev/mordor", "/dev/osversion",
	"/dev/reboot", "/dev/config", "/dev/consctl", "/dev/swap", "/env", "/env/a", "/env/b", "/env/path", "#ec/x",
	"#e", "#e/a", "#ec", "#c", "#c/pid", "#d", "#d/0", "#d/1", "#d/1ctl", "#d/7", "#d/9ctl", "/fd/0", "/fd/3",
	"#|", "#|/data", "#|/data1", "#s", "#s/a", "/srv", "/srv/a", "/srv/b", "/srv/clone", "#s/clone",
	"#g", "#g/x", "#g/x/ctl", "#g/x/data", "#g/y", "#p", "#p/1/status", "/proc", "/proc/trace", "/proc/1",
	"/proc/1/status", "/proc/1/ns", "/proc/1/segment", "/proc/1/fd", "/proc/1/args", "/proc/1/text", "/proc/1/mem",
	"/proc/1/noteid", "/proc/1/ppid", "/proc/1/regs", "/proc/1/wait", "/proc/1/profile", "/proc/1/syscall",
	"/proc/1/watchpt", "/proc/1/fpregs", "#M", "#Z", "#", "#/", "#/boot", "#c/../..", "##", "#\317\203", "#\317\203c",
	"/shr", "/shr/a", "/shr/a/b", "#\317\203c/a", "/n", "/mnt", "/root", "/bin", "/net", "/net.alt", "/rc", "/boot",
	"a\001b", "\177", "\377\376", "\303\244", "'", "it's", "a b", "\n", "#|x", "#e\n", "/\200/x", "#\xe2\x82", "#d/-1",
	"#d/999999999999", "/proc/-1", "/proc/99999999999999/ctl", "/proc/0/ctl", "/proc/1/../1/ctl", "script", "calls",
};

static char *verbs[] = {
	"stop", "start", "startstop", "startsyscall", "kill", "close 3", "closefiles", "hang", "nohang", "private",
	"profile", "noswap", "interrupt", "nointerrupt", "pri 5", "pri 99", "pri -1", "fixedpri 3", "trace", "trace 1",
	"trace 0", "wired 0", "wired 99", "period 1s", "deadline 1", "cost 1", "admit", "expel", "event", "sporadic",
	"waitstop", "", "nosuch", "close", "close 99999999999", "close x y", "interrupt now", "'", "'unclosed", "\0stop",
	"va 0x10000000 4096", "va 0x10000000 0x100000000000", "va 0 0", "va 0x7fff00000000 8192 fixed", "va", "va x y z",
	"0", "1", "3", "12", "-1", "99999999999", "none", "glenda", "rawon", "rawoff", "chdev &~ |", "chdev & cdep",
	"chdev ~", "alarm", "sys: trap: x", "hangup", "wx 0x400000 8", "r 0x400000 8", "rwx 0 0", "x 0xffffffffffffffff 1",
	"n\0\0\0\0\0\0\0", "reboot", "1700000000", "a b c d e f g h i j k l m n o p q r s t u v w x y z",
};

static char *notes1[] = {
	"alarm", "interrupt", "hangup", "sys: write on closed pipe", "kill", "x", "", "die yankee dog", "sys: fp: x",
};

static char *files[] = {
	"args", "ctl", "fd", "mem", "note", "noteid", "notepg", "ns", "ppid", "regs",
	"segment", "status", "text", "wait", "profile", "syscall", "watchpt", "nosuch", "..", "",
};

static uvlong
number(void)
{
	static uvlong some[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 48, 49, 50, 64, 100, 127, 128, 129, 255, 256, 512, 1000, 4095, 4096,
		4097, 8192, 8216, 32768, 32792, 65534, 65535, 65536, 65537, 1<<20, 0x7ffffffe, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, -1, -2, -3, -8, -4096, -65536,
	};
	switch(below(6)){
	case 0:
		return rnd();
	case 1:
		return rnd()>>below(64);
	case 2:
		return below(32);
	default:
		return some[below(nelem(some))];
	}
}

static uvlong
count(void)
{
	return onein(8) ? number() : onein(2) ? below(300) : below(Nbuf+1);
}

/* Some address: at the edges of what there is, mostly. */
static uvlong
address(void)
{
	uvlong a;

	switch(below(12)){
	case 0:
		a = number();
		break;
	case 1:
		a = (uvlong)_start & ~(uvlong)0xfff;
		break;
	case 2:
		a = (uvlong)etext;
		break;
	case 3:
		a = (uvlong)edata;
		break;
	case 4:
		a = (uvlong)end;
		break;
	case 5:
		a = top;
		break;
	case 6:
		a = top - (16<<20);
		break;
	case 7:
		a = (uvlong)&a;
		break;
	case 8:
		a = (uvlong)started;
		break;
	case 9:
		a = 0x10000000;
		break;
	case 10:
		a = ((uvlong)end + 0xfff) & ~(uvlong)0xfff;
		break;
	default:
		a = (uvlong)buf;
		break;
	}
	switch(below(6)){
	case 0:
		a -= below(64);
		break;
	case 1:
		a += below(64);
		break;
	case 2:
		a = (a + 0xfff) & ~(uvlong)0xfff;
		break;
	case 3:
		a += (uvlong)below(16)<<12;
		break;
	}
	return a;
}

/* Where a call may store something. */
static uvlong
out(void)
{
	if(onein(12))
		return address();
	return (uvlong)(onein(2) ? buf : buf2) + (onein(3) ? below(4096) : 0);
}

static int
pid(void)
{
	return 1 + below(*started + 3);
}

static uvlong
name(void)
{
	static char made[8][256];
	static int next;
	char *s;
	int i, n;

	if(onein(40))
		return address();
	s = made[next++%nelem(made)];
	switch(below(16)){
	case 0:
	case 1:
	case 2:
		snprint(s, sizeof made[0], "/proc/%d/%s", pid(), files[below(nelem(files))]);
		return (uvlong)s;
	case 3:
		n = below(60);
		for(i = 0; i < n; i++)
			s[i] = "../#.\001\377a|cdesgpM/ \n'\303"[below(22)];
		s[n] = '\0';
		return (uvlong)s;
	case 4:
		snprint(s, sizeof made[0], "%s/%s", names[below(nelem(names))], names[below(nelem(names))]);
		return (uvlong)s;
	case 5:
		if(onein(4)){
			n = Nname - 2 + below(8);
			for(i = 0; i < n; i++)
				longname[i] = onein(9) ? '/' : i%3 == 0 ? '.' : 'x';
			longname[n] = '\0';
			return (uvlong)longname;
		}
		/* fall through */
	default:
		if(onein(2))
			return (uvlong)names[below(14)];
		return (uvlong)names[below(nelem(names))];
	}
}

static uvlong
descriptor(void)
{
	return onein(20) ? number() : 3 + below(18);
}

static void
put(uchar *p, uvlong v, int n)
{
	for(; n > 0; n--, v >>= 8)
		*p++ = v;
}

static uchar*
putstring(uchar *p, char *s)
{
	int n;

	n = strlen(s);
	put(p, n, 2);
	memcpy(p+2, s, n);
	return p+2+n;
}

/* A stat entry that changes nothing, but for a few fields; its size. */
static int
entry(uchar *b)
{
	uchar *p;
	int n;

	memset(b, 0xff, 41);
	if(onein(3))
		put(b+21, onein(2) ? 0777 : rnd(), 4);
	if(onein(4))
		put(b+29, rnd(), 4);
	if(onein(4))
		put(b+33, onein(2) ? below(100000) : number(), 8);
	p = putstring(b+41, onein(9) ? "./././././././././././././././././././././././././././././././././../outside/x" :
		onein(3) ? names[below(nelem(names))] : "");
	p = putstring(p, onein(9) ? "glenda" : "");
	p = putstring(p, onein(9) ? "sys" : "");
	p = putstring(p, onein(9) ? "x" : "");
	n = p - b;
	put(b, n-2, 2);
	while(onein(4))
		b[below(n)] = rnd();
	return onein(9) ? n + (int)below(5) - 2 : n;
}

/* What somebody might write; its size. */
static int
text(uchar *b)
{
	char *s;
	int i, n;

	switch(below(8)){
	case 0:
		n = below(200);
		for(i = 0; i < n; i++)
			b[i] = rnd();
		return n;
	case 1:
		return entry(b);
	case 2:
		/* resembles a 9P message */
		n = 7 + below(60);
		put(b, onein(4) ? (int)rnd() : n, 4);
		b[4] = 100 + below(28);
		put(b+5, onein(2) ? 0xffff : below(4), 2);
		for(i = 7; i < n; i++)
			b[i] = onein(3) ? rnd() : below(3);
		return n;
	case 3:
		s = notes1[below(nelem(notes1))];
		break;
	case 4:
		n = below(Nbuf);
		return n;
	default:
		s = verbs[below(nelem(verbs))];
		break;
	}
	n = strlen(s);
	memcpy(b, s, n+1);
	return n;
}

/*
 * The calls and what their arguments are: n name, o where to store, b text
 * with its size as the next argument, f descriptor, i any number, c count,
 * a address, m open mode, r flags of bind, t milliseconds, z a short string,
 * s stat entry with its size, v where a semaphore is, w 0 or 1, - offset.
 */
static struct
{
	int	number;
	int	weight;
	char	*args;
} calls[] = {
	{ SYS_sysr1, 1, "" },
	{ SYS__errstr, 1, "o" },
	{ SYS_bind, 8, "nnr" },
	{ SYS_chdir, 3, "n" },
	{ SYS_close, 4, "f" },
	{ SYS_dup, 4, "ff" },
	{ SYS_alarm, 1, "t" },
	{ SYS__fsession, 1, "foc" },
	{ SYS_fauth, 1, "fz" },
	{ SYS__fstat, 2, "fo" },
	{ SYS_segbrk, 2, "aa" },
	{ SYS__mount, 1, "fnrz" },
	{ SYS_open, 20, "nm" },
	{ SYS__read, 4, "foc" },
	{ SYS_oseek, 1, "fiw" },
	{ SYS_sleep, 1, "t" },
	{ SYS__stat, 2, "no" },
	{ SYS__write, 4, "fb" },
	{ SYS_pipe, 4, "o" },
	{ SYS_create, 12, "nmi" },
	{ SYS_fd2path, 2, "foc" },
	{ SYS_brk_, 2, "a" },
	{ SYS_remove, 3, "n" },
	{ SYS__wstat, 1, "no" },
	{ SYS__fwstat, 1, "fo" },
	{ SYS_segattach, 4, "izac" },
	{ SYS_segdetach, 1, "a" },
	{ SYS_segfree, 1, "ac" },
	{ SYS_segflush, 2, "ac" },
	{ SYS_rendezvous, 4, "wi" },
	{ SYS_unmount, 4, "nn" },
	{ SYS__wait, 1, "o" },
	{ SYS_semacquire, 3, "vw" },
	{ SYS_semrelease, 3, "vw" },
	{ SYS_seek, 3, "of-w" },
	{ SYS_fversion, 2, "fczc" },
	{ SYS_errstr, 2, "oc" },
	{ SYS_stat, 4, "noc" },
	{ SYS_fstat, 4, "foc" },
	{ SYS_wstat, 5, "ns" },
	{ SYS_fwstat, 3, "fs" },
	{ SYS_mount, 2, "ffnrz" },
	{ SYS_await, 1, "oc" },
	{ SYS_pread, 16, "foc-" },
	{ SYS_pwrite, 16, "fb-" },
	{ SYS_tsemacquire, 2, "vt" },
	{ SYS__nsec, 1, "" },
	{ 48, 1, "iii" },
};

static uvlong
argument(int kind)
{
	static char *words[] = { "", "memory", "shared", "x", "y", "9P2000", "9P1999", "main/archive", "stack", "none" };

	if(onein(60))
		return onein(2) ? number() : address();
	switch(kind){
	case 'n':
		return name();
	case 'o':
		return out();
	case 'f':
		return descriptor();
	case 'c':
		return count();
	case 'a':
		return address();
	case 'm':
		return onein(10) ? number() : below(4) | (onein(6) ? OTRUNC : 0) | (onein(9) ? OCEXEC : 0) | (onein(12) ? ORCLOSE : 0);
	case 'r':
		return onein(10) ? number() : below(3) | (onein(3) ? MCREATE : 0);
	case 't':
		return onein(30) ? number() : below(30);
	case 'z':
		return (uvlong)words[below(nelem(words))];
	case 'v':
		return (uvlong)(started + 1 + below(4));
	case 'w':
		return onein(20) ? number() : below(3);
	case '-':
		return onein(3) ? number() : (uvlong)-1;
	default:
		return onein(2) ? below(01000) | (onein(6) ? DMDIR : 0) : number();
	}
}

static void	worker(void);

static void
spawn(void)
{
	static int kinds[] = {
		RFPROC|RFFDG|RFREND, RFPROC|RFMEM, RFPROC|RFMEM|RFFDG|RFNOWAIT, RFPROC, RFPROC|RFNAMEG|RFENVG,
		RFPROC|RFFDG|RFNOTEG, RFPROC|RFCNAMEG|RFCENVG|RFCFDG, RFPROC|RFNOMNT|RFNAMEG,
	};
	int flags;

	flags = onein(4) ? rnd() & 0x7fff : kinds[below(nelem(kinds))];
	if(!(flags & RFPROC) || (*started >= procs || depth >= Maxdepth))
		flags &= ~RFPROC;
	if(!(flags & RFPROC)){
		if(onein(3))
			rfork(flags);
		return;
	}
	++*started;
	if(rfork(flags) == 0){
		/* with RFMEM it is everybody's state: so what */
		state += 0x1234567*getpid();
		depth++;
		ops = ops/2 + 5;
		worker();
	}
}

/* Becomes another program, or fails to. */
static void
become(void)
{
	char *argv[8], a[5][32];
	static char *programs[] = { "calls", "script", "f0", "f1", "/proc/1/text", "d0", "link", "#d/5" };

	if(depth >= Maxdepth)
		return;
	snprint(a[0], sizeof a[0], "%llud", rnd());
	snprint(a[1], sizeof a[1], "%d", ops/2 + 5);
	snprint(a[2], sizeof a[2], "%d", procs);
	snprint(a[3], sizeof a[3], "%llud", (uvlong)started);
	snprint(a[4], sizeof a[4], "%d", depth+1);
	argv[0] = program;
	argv[1] = a[0];
	argv[2] = a[1];
	argv[3] = a[2];
	argv[4] = a[3];
	argv[5] = a[4];
	argv[6] = nil;
	if(onein(6))
		argv[below(7)] = (char*)address();
	syscall(SYS_exec, onein(2) ? name() : (uvlong)programs[below(nelem(programs))], onein(10) ? address() : (uvlong)argv);
}

static int
onanote(Ureg *u, char *s)
{
	if((strncmp(s, "sys: trap", 9) == 0 || strncmp(s, "sys: fp", 7) == 0) && !onein(4))
		_exits(s);
	if(onein(30)){
		u->pc = rnd();
		u->sp = address();
	}
	if(onein(10))
		syscall(SYS_sleep, below(3));
	return onein(40) ? (int)number() : onein(20) ? NDFLT : NCONT;
}

static void
one(void)
{
	static int total;
	uvlong a[5];
	int i, k, n, size;
	char *s, proc[64];

	if(total == 0)
		for(i = 0; i < nelem(calls); i++)
			total += calls[i].weight;
	switch(below(40)){
	case 0:
	case 1:
		spawn();
		return;
	case 2:
		if(onein(4))
			become();
		return;
	case 3:
		if(onein(6))
			catch(onein(3) ? nil : onanote);
		else if(onein(9))
			syscall(SYS_notify, address());
		else if(onein(20))
			syscall(SYS_noted, number());
		return;
	case 4:
	case 5:
		/* a note, or word to somebody */
		snprint(proc, sizeof proc, "/proc/%d/%s", pid(), onein(2) ? "ctl" : onein(2) ? "note" : "notepg");
		k = open(proc, OWRITE);
		n = text(buf2);
		s = verbs[below(nelem(verbs))];
		write(k, onein(4) ? (void*)buf2 : s, onein(4) ? n : (int)strlen(s));
		close(k);
		return;
	case 6:
		/* its memory, registers */
		snprint(proc, sizeof proc, "/proc/%d/%s", pid(), files[below(nelem(files))]);
		k = open(proc, onein(2) ? ORDWR : OREAD);
		if(onein(2))
			pread(k, buf, count(), onein(2) ? address() : number());
		else
			pwrite(k, buf, below(600), onein(2) ? address() : number());
		close(k);
		return;
	case 7:
		if(onein(60))
			_exits(onein(9) ? (char*)address() : onein(2) ? nil : longname);
		return;
	}
	n = below(total);
	for(i = 0; n >= calls[i].weight; i++)
		n -= calls[i].weight;
	k = onein(200) ? (int)number() : calls[i].number;
	if(k == SYS_exits || k == SYS_rfork || k == SYS_exec)
		return;
	s = calls[i].args;
	memset(a, 0, sizeof a);
	for(n = 0; *s != '\0' && n < nelem(a); s++)
		if(*s == 'b' || *s == 's'){
			size = *s == 'b' ? text(buf2) : entry(buf2);
			a[n++] = onein(20) ? address() : (uvlong)buf2;
			a[n++] = onein(20) ? number() : (uvlong)size;
		}else
			a[n++] = argument(*s);
	if(onein(50))
		a[below(nelem(a))] = rnd();
	syscall(k, a[0], a[1], a[2], a[3], a[4]);
}

static void
worker(void)
{
	volatile int i;

	for(i = 0; i < ops; i++){
		if(i%8 == 0)
			alarm(20);
		if(i%32 == 0)
			catch(onanote);
		one();
	}
	_exits(nil);
}

static uvlong
big(char *s)
{
	uvlong n;

	for(n = 0; *s >= '0' && *s <= '9'; s++)
		n = n*10 + *s - '0';
	return n;
}

void
main(int argc, char *argv[])
{
	int i, pid;

	program = argv[0];
	state = argc > 1 ? big(argv[1]) : 1;
	ops = argc > 2 ? atoi(argv[2]) : Nops;
	procs = argc > 3 ? atoi(argv[3]) : Nprocs;
	top = ((uvlong)argv + 0xfff) & ~(uvlong)0xfff;
	if(argc > 5){
		started = (int*)big(argv[4]);
		depth = atoi(argv[5]);
		worker();
	}
	started = segattach(0, "shared", nil, 4096);
	*started = 2;
	for(i = 0; i < 2; i++){
		++*started;
		pid = rfork(RFPROC|RFFDG|(onein(2) ? RFMEM : 0)|(onein(4) ? RFNAMEG : 0));
		if(pid == 0){
			state += i + 1;
			worker();
		}
	}
	/* this one waits, as long as it may */
	for(i = 0; i < 100; i++){
		alarm(2000);
		catch(keep);
		if(await((char*)buf, sizeof buf) < 0)
			break;
	}
	exits(nil);
}
