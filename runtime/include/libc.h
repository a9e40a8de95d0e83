/*
 * The C library.  Include u.h first.
 *
 * In a program that includes this file, main is Plan 9's: it ends by exits,
 * and falling off its end is exits("main"), a failure.  The macro is how the
 * runtime tells it from ISO C's int main, whose value is the exit status.
 *
 * Functions that take or return a double, and the verbs e f g of print, are
 * for programs made with float=True.
 */
#ifndef _LIBC_H_
#define _LIBC_H_

#pragma lib "libc.a"
#pragma src "/sys/src/libc"

#ifdef __cplusplus
#define _Noreturn __attribute__((noreturn))
#pragma GCC diagnostic ignored "-Wwrite-strings"
extern "C" {
#else
#define main p9main
#endif

#define nelem(x) (sizeof(x)/sizeof((x)[0]))
#undef offsetof
#define offsetof(s, m) ((ulong)__builtin_offsetof(s, m))
#define assert(x) do{ if(!(x)) _assert(#x); }while(0)

/* memory */
extern	void*	memccpy(void*, void*, int, usize);
extern	void*	memset(void*, int, usize);
extern	int	memcmp(void*, void*, usize);
extern	void*	memcpy(void*, void*, usize);
extern	void*	memmove(void*, void*, usize);
extern	void*	memchr(void*, int, usize);

/* strings */
extern	char*	strcat(char*, char*);
extern	char*	strchr(char*, int);
extern	int	strcmp(char*, char*);
extern	char*	strcpy(char*, char*);
extern	char*	strecpy(char *to, char *end, char *from);
extern	char*	strdup(char*);
extern	char*	strncat(char*, char*, long);
extern	char*	strncpy(char*, char*, long);
extern	int	strncmp(char*, char*, long);
extern	char*	strpbrk(char*, char*);
extern	char*	strrchr(char*, int);
extern	char*	strtok(char*, char*);
extern	long	strlen(char*);
extern	long	strspn(char*, char*);
extern	long	strcspn(char*, char*);
extern	char*	strstr(char*, char*);
extern	int	cistrncmp(char*, char*, int);
extern	int	cistrcmp(char*, char*);
extern	char*	cistrstr(char*, char*);
extern	int	tokenize(char*, char**, int);
extern	int	gettokens(char*, char**, int, char*);
extern	int	getfields(char*, char**, int, int multiflag, char*);

/* runes and UTF-8 */
enum
{
	UTFmax = 4,		/* most bytes of a rune */
	Runesync = 0x80,	/* a smaller byte is no part of a longer sequence */
	Runeself = 0x80,	/* a smaller rune is its own only byte */
	Runeerror = 0xFFFD,	/* what bytes that are no rune are read as */
	Runemax = 0x10FFFF,
	Runemask = 0x1FFFFF,	/* the bits of a rune */
};

extern	int	runetochar(char*, Rune*);
extern	int	chartorune(Rune*, char*);
extern	int	runelen(long);
extern	int	runenlen(Rune*, int);
extern	int	fullrune(char*, int);
extern	int	utflen(char*);
extern	int	utfnlen(char*, long);
extern	char*	utfrune(char*, long);
extern	char*	utfrrune(char*, long);
extern	char*	utfutf(char*, char*);
extern	char*	utfecpy(char *to, char *end, char *from);

extern	Rune*	runestrcat(Rune*, Rune*);
extern	Rune*	runestrchr(Rune*, Rune);
extern	int	runestrcmp(Rune*, Rune*);
extern	Rune*	runestrcpy(Rune*, Rune*);
extern	Rune*	runestrncpy(Rune*, Rune*, long);
extern	Rune*	runestrecpy(Rune *to, Rune *end, Rune *from);
extern	Rune*	runestrdup(Rune*);
extern	Rune*	runestrncat(Rune*, Rune*, long);
extern	int	runestrncmp(Rune*, Rune*, long);
extern	Rune*	runestrrchr(Rune*, Rune);
extern	long	runestrlen(Rune*);
extern	Rune*	runestrstr(Rune*, Rune*);

extern	int	runecomp(Rune*, Rune*, int);
extern	int	runedecomp(Rune*, Rune*, int);
extern	int	utfcomp(char*, char*, int);
extern	int	utfdecomp(char*, char*, int);
extern	char*	fullutfnorm(char*, int);
extern	Rune*	fullrunenorm(Rune*, int);

extern	Rune*	runewbreak(Rune*);
extern	char*	utfwbreak(char*);
extern	Rune*	runegbreak(Rune*);
extern	char*	utfgbreak(char*);

extern	Rune	tolowerrune(Rune);
extern	Rune	totitlerune(Rune);
extern	Rune	toupperrune(Rune);
extern	int	isalpharune(Rune);
extern	int	islowerrune(Rune);
extern	int	isspacerune(Rune);
extern	int	istitlerune(Rune);
extern	int	isupperrune(Rune);
extern	int	isdigitrune(Rune);

/* malloc */
extern	void*	malloc(ulong);
extern	void*	mallocz(ulong, int clear);
extern	void	free(void*);
extern	ulong	msize(void*);
extern	void*	mallocalign(ulong size, ulong align, long offset, ulong span);
extern	void*	calloc(ulong, ulong);
extern	void*	realloc(void*, ulong);
extern	void	setmalloctag(void*, uintptr);
extern	void	setrealloctag(void*, uintptr);
extern	uintptr	getmalloctag(void*);
extern	uintptr	getrealloctag(void*);
extern	void*	malloctopoolblock(void*);

/* print */
typedef struct Fmt Fmt;
struct Fmt
{
	uchar	runes;	/* the buffer holds runes, not bytes */
	void	*start;	/* of the buffer */
	void	*to;	/* where the next goes */
	void	*stop;	/* end of the buffer */
	int	(*flush)(Fmt*);	/* makes room when to is at stop; 0 if it cannot */
	void	*farg;	/* for flush */
	int	nfmt;	/* bytes or runes made so far */
	va_list	args;
	int	r;	/* the verb */
	int	width;
	int	prec;
	ulong	flags;
};

enum
{
	FmtWidth = 1<<0,
	FmtLeft = 1<<1,
	FmtPrec = 1<<2,
	FmtSharp = 1<<3,
	FmtSpace = 1<<4,
	FmtSign = 1<<5,
	FmtZero = 1<<6,
	FmtUnsigned = 1<<7,
	FmtShort = 1<<8,
	FmtLong = 1<<9,
	FmtVLong = 1<<10,
	FmtComma = 1<<11,
	FmtByte = 1<<12,

	FmtFlag = 1<<13,
};

extern	int	print(char*, ...);
extern	char*	seprint(char *to, char *end, char*, ...);
extern	char*	vseprint(char *to, char *end, char*, va_list);
extern	int	snprint(char*, int, char*, ...);
extern	int	vsnprint(char*, int, char*, va_list);
extern	char*	smprint(char*, ...);
extern	char*	vsmprint(char*, va_list);
extern	int	sprint(char*, char*, ...);
extern	int	fprint(int, char*, ...);
extern	int	vfprint(int, char*, va_list);

extern	int	runesprint(Rune*, char*, ...);
extern	int	runesnprint(Rune*, int, char*, ...);
extern	int	runevsnprint(Rune*, int, char*, va_list);
extern	Rune*	runeseprint(Rune*, Rune*, char*, ...);
extern	Rune*	runevseprint(Rune*, Rune*, char*, va_list);
extern	Rune*	runesmprint(char*, ...);
extern	Rune*	runevsmprint(char*, va_list);

extern	int	fmtfdinit(Fmt*, int, char*, int);
extern	int	fmtfdflush(Fmt*);
extern	int	fmtstrinit(Fmt*);
extern	char*	fmtstrflush(Fmt*);
extern	int	runefmtstrinit(Fmt*);
extern	Rune*	runefmtstrflush(Fmt*);

extern	int	fmtinstall(int, int(*)(Fmt*));
extern	int	dofmt(Fmt*, char*);
extern	int	dorfmt(Fmt*, Rune*);
extern	int	fmtprint(Fmt*, char*, ...);
extern	int	fmtvprint(Fmt*, char*, va_list);
extern	int	fmtrune(Fmt*, int);
extern	int	fmtstrcpy(Fmt*, char*);
extern	int	fmtrunestrcpy(Fmt*, Rune*);
extern	int	errfmt(Fmt*);
extern	int	encodefmt(Fmt*);

#pragma varargck argpos fmtprint 2
#pragma varargck argpos fprint 2
#pragma varargck argpos print 1
#pragma varargck argpos runeseprint 3
#pragma varargck argpos runesmprint 1
#pragma varargck argpos runesnprint 3
#pragma varargck argpos runesprint 2
#pragma varargck argpos seprint 3
#pragma varargck argpos smprint 1
#pragma varargck argpos snprint 3
#pragma varargck argpos sprint 2

#pragma varargck type "lld" vlong
#pragma varargck type "llo" vlong
#pragma varargck type "llx" vlong
#pragma varargck type "llb" vlong
#pragma varargck type "lld" uvlong
#pragma varargck type "llo" uvlong
#pragma varargck type "llx" uvlong
#pragma varargck type "llb" uvlong
#pragma varargck type "ld" long
#pragma varargck type "lo" long
#pragma varargck type "lx" long
#pragma varargck type "lb" long
#pragma varargck type "ld" ulong
#pragma varargck type "lo" ulong
#pragma varargck type "lx" ulong
#pragma varargck type "lb" ulong
#pragma varargck type "zd" intptr
#pragma varargck type "zo" intptr
#pragma varargck type "zx" intptr
#pragma varargck type "zb" intptr
#pragma varargck type "zd" uintptr
#pragma varargck type "zo" uintptr
#pragma varargck type "zx" uintptr
#pragma varargck type "zb" uintptr
#pragma varargck type "d" int
#pragma varargck type "o" int
#pragma varargck type "x" int
#pragma varargck type "c" int
#pragma varargck type "C" int
#pragma varargck type "b" int
#pragma varargck type "d" uint
#pragma varargck type "o" uint
#pragma varargck type "x" uint
#pragma varargck type "c" uint
#pragma varargck type "C" uint
#pragma varargck type "b" uint
#ifdef ELF9_FLOAT	/* float=True: otherwise print does not know them */
#pragma varargck type "f" double
#pragma varargck type "e" double
#pragma varargck type "g" double
#pragma varargck type "F" double
#pragma varargck type "E" double
#pragma varargck type "G" double
#endif
#pragma varargck type "s" char*
#pragma varargck type "q" char*
#pragma varargck type "S" Rune*
#pragma varargck type "Q" Rune*
#pragma varargck type "r" void
#pragma varargck type "%" void
#pragma varargck type "n" int*
#pragma varargck type "p" uintptr
#pragma varargck type "p" void*
#pragma varargck flag ','
#pragma varargck flag ' '
#pragma varargck flag 'h'
#pragma varargck type "<" void*
#pragma varargck type "[" void*
#pragma varargck type "H" void*
#pragma varargck type "lH" void*

/* quoted strings */
extern	char*	unquotestrdup(char*);
extern	Rune*	unquoterunestrdup(Rune*);
extern	char*	quotestrdup(char*);
extern	Rune*	quoterunestrdup(Rune*);
extern	int	quotestrfmt(Fmt*);
extern	int	quoterunestrfmt(Fmt*);
extern	void	quotefmtinstall(void);
extern	int	(*doquote)(int);
extern	int	needsrcquote(int);

/* random numbers; the last two are from /dev/random */
extern	void	srand(long);
extern	int	rand(void);
extern	int	nrand(int);
extern	long	lrand(void);
extern	long	lnrand(long);
extern	double	frand(void);
extern	ulong	truerand(void);
extern	ulong	ntruerand(ulong);

/* numbers */
#define HUGE 3.4028234e38
#define PIO2 1.570796326794896619231e0
#define PI (PIO2+PIO2)

extern	ulong	getfcr(void);
extern	void	setfsr(ulong);
extern	ulong	getfsr(void);
extern	void	setfcr(ulong);
extern	double	NaN(void);
extern	double	Inf(int);
extern	int	isNaN(double);
extern	int	isInf(double, int);
extern	ulong	umuldiv(ulong, ulong, ulong);
extern	long	muldiv(long, long, long);
extern	int	abs(int);
extern	long	labs(long);

extern	double	pow(double, double);
extern	double	atan2(double, double);
extern	double	fabs(double);
extern	double	atan(double);
extern	double	log(double);
extern	double	log10(double);
extern	double	exp(double);
extern	double	floor(double);
extern	double	ceil(double);
extern	double	hypot(double, double);
extern	double	sin(double);
extern	double	cos(double);
extern	double	tan(double);
extern	double	asin(double);
extern	double	acos(double);
extern	double	sinh(double);
extern	double	cosh(double);
extern	double	tanh(double);
extern	double	sqrt(double);
extern	double	fmod(double, double);
extern	double	frexp(double, int*);
extern	double	ldexp(double, int);
extern	double	modf(double, double*);
extern	double	pow10(int);

extern	double	atof(char*);
extern	int	atoi(char*);
extern	long	atol(char*);
extern	vlong	atoll(char*);
extern	double	charstod(int(*)(void*), void*);
extern	double	strtod(char*, char**);
extern	long	strtol(char*, char**, int);
extern	ulong	strtoul(char*, char**, int);
extern	vlong	strtoll(char*, char**, int);
extern	uvlong	strtoull(char*, char**, int);

/* time of day */
typedef struct Tzone Tzone;
#pragma incomplete Tzone

typedef struct Tm Tm;
struct Tm
{
	int	nsec;	/* 0..999999999 */
	int	sec;	/* 0..60 */
	int	min;
	int	hour;
	int	mday;	/* 1..31 */
	int	mon;	/* 0..11 */
	int	year;	/* since 1900 */
	int	wday;	/* 0 is Sunday */
	int	yday;	/* 0..365 */
	char	zone[16];
	int	tzoff;	/* seconds east of GMT */
	Tzone	*tz;
};

typedef struct Tmfmt Tmfmt;
struct Tmfmt
{
	char	*fmt;
	Tm	*tm;
};
#pragma varargck type "τ" Tmfmt

extern	Tzone*	tzload(char *name);
extern	Tm*	tmnow(Tm*, Tzone*);
extern	Tm*	tmtime(Tm*, vlong, Tzone*);
extern	Tm*	tmtimens(Tm*, vlong, int, Tzone*);
extern	Tm*	tmparse(Tm*, char *fmt, char*, Tzone*, char **end);
extern	vlong	tmnorm(Tm*);
extern	Tmfmt	tmfmt(Tm*, char*);
extern	void	tmfmtinstall(void);

extern	Tm*	gmtime(long);
extern	Tm*	localtime(long);
extern	char*	asctime(Tm*);
extern	char*	ctime(long);
extern	double	cputime(void);
extern	long	times(long*);
extern	long	tm2sec(Tm*);
extern	long	time(long*);
extern	vlong	nsec(void);
extern	void	cycles(uvlong*);

/* one of a kind */
enum
{
	PNPROC = 1,
	PNGROUP = 2,
};

extern	_Noreturn void	_assert(char*);
extern	int	atexit(void(*)(void));
extern	void	atexitdont(void(*)(void));
extern	int	atnotify(int(*)(void*, char*), int);
extern	char*	cleanname(char*);
extern	int	decrypt(void*, void*, int);
extern	int	encrypt(void*, void*, int);
extern	int	netcrypt(void*, void*);
extern	_Noreturn void	exits(char*);
extern	uintptr	getcallerpc(void*);
extern	char*	getenv(char*);
extern	char*	getuser(void);
extern	char*	getwd(char*, int);
extern	int	iounit(int);
extern	int	setjmp(jmp_buf) __attribute__((returns_twice));
extern	_Noreturn void	longjmp(jmp_buf, int);
extern	void	notejmp(void*, jmp_buf, int);
extern	char*	mktemp(char*);
extern	void	perror(const char*);	/* const, because stdio.h says so */
extern	int	postnote(int, int, char*);
extern	int	putenv(char*, char*);
extern	void	qsort(void*, usize, usize, int(*)(void*, void*));
extern	_Noreturn void	sysfatal(char*, ...);
extern	void	syslog(int, char*, char*, ...);
extern	int	tolower(int);
extern	int	toupper(int);
#pragma varargck argpos sysfatal 1
#pragma varargck argpos syslog 3

/* GCC finds the caller where it is called itself */
#define getcallerpc(arg) (USED(arg), (uintptr)__builtin_return_address(0))

extern	int	dec64(uchar*, int, char*, int);
extern	int	enc64(char*, int, uchar*, int);
extern	int	dec64x(uchar*, int, char*, int, int(*)(int));
extern	int	enc64x(char*, int, uchar*, int, int(*)(int));
extern	int	dec32(uchar*, int, char*, int);
extern	int	enc32(char*, int, uchar*, int);
extern	int	dec32x(uchar*, int, char*, int, int(*)(int));
extern	int	enc32x(char*, int, uchar*, int, int(*)(int));
extern	int	dec16(uchar*, int, char*, int);
extern	int	enc16(char*, int, uchar*, int);
extern	int	dec64chr(int);
extern	int	enc64chr(int);
extern	int	dec32chr(int);
extern	int	enc32chr(int);
extern	int	dec16chr(int);
extern	int	enc16chr(int);

/* profiling */
enum
{
	Profoff,
	Profuser,	/* the program's own time */
	Profkernel,	/* and the kernel's */
	Proftime,	/* and that of waiting */
	Profsample,	/* ticks of the clock */
};

extern	void	prof(void(*)(void*), void*, int entries, int what);

/* synchronization */
typedef struct Lock Lock;
struct Lock
{
	int	val;
};

extern	int	_tas(int*);
extern	void	lock(Lock*);
extern	void	unlock(Lock*);
extern	int	canlock(Lock*);

typedef struct QLp QLp;
struct QLp
{
	int	inuse;
	int	state;
	QLp	*next;
};

/*
 * Programs put locks into their own structures without a name, beside members
 * called head, tail and readers.  Those are the names that the members below
 * have in Plan 9; GCC would refuse the second one, so they are others here.
 */
typedef struct QLock QLock;
struct QLock
{
	Lock	lock;
	int	locked;
	QLp	*qhead;	/* who waits */
	QLp	*qtail;
};

extern	void	qlock(QLock*);
extern	void	qunlock(QLock*);
extern	int	canqlock(QLock*);
extern	void	_qlockinit(void*(*)(void*, void*));	/* for libthread */

typedef struct RWLock RWLock;
struct RWLock
{
	Lock	lock;
	int	nreaders;
	int	writer;
	QLp	*rwhead;
	QLp	*rwtail;
};

extern	void	rlock(RWLock*);
extern	void	runlock(RWLock*);
extern	int	canrlock(RWLock*);
extern	void	wlock(RWLock*);
extern	void	wunlock(RWLock*);
extern	int	canwlock(RWLock*);

typedef struct Rendez Rendez;
struct Rendez
{
	QLock	*l;
	QLp	*rhead;
	QLp	*rtail;
};

extern	void	rsleep(Rendez*);	/* l is held before and after, not meanwhile */
extern	int	rwakeup(Rendez*);
extern	int	rwakeupall(Rendez*);
extern	void**	privalloc(void);
extern	void	procsetname(char*, ...);
#pragma varargck argpos procsetname 1

extern	long	ainc(long*);	/* the new value */
extern	long	adec(long*);

/* network */
#define NETPATHLEN 40

extern	int	accept(int, char*);
extern	int	announce(char*, char*);
extern	int	dial(char*, char*, char*, int*);
extern	void	setnetmtpt(char*, int, char*);
extern	int	hangup(int);
extern	int	listen(char*, char*);
extern	char*	netmkaddr(char*, char*, char*);
extern	int	reject(int, char*, char*);
extern	int	pushtls(int, char*, char*, int, char*, char*);

typedef struct NetConnInfo NetConnInfo;
struct NetConnInfo
{
	char	*dir;	/* of the connection */
	char	*root;	/* of the network: /net */
	char	*spec;	/* what was bound there */
	char	*lsys;	/* local system, service */
	char	*lserv;
	char	*rsys;	/* remote */
	char	*rserv;
	char	*laddr;	/* both as an address */
	char	*raddr;
};
extern	NetConnInfo*	getnetconninfo(char*, int);
extern	void	freenetconninfo(NetConnInfo*);

extern	int	idn2utf(char*, char*, int);
extern	int	utf2idn(char*, char*, int);

/* system calls */
#define IOUNIT 32768U
#define STATMAX 65535U
#define DIRMAX (sizeof(Dir)+STATMAX)
#define ERRMAX 128	/* bytes of an error string, NUL included */
#define STATFIXLEN 49	/* fcall.h says why */

/* bind, mount */
#define MORDER 0x0003
#define MREPL 0x0000
#define MBEFORE 0x0001
#define MAFTER 0x0002
#define MCREATE 0x0004
#define MCACHE 0x0010
#define MMASK 0x0017

/* open, create */
#define OREAD 0
#define OWRITE 1
#define ORDWR 2
#define OEXEC 3
#define OTRUNC 16
#define OCEXEC 32
#define ORCLOSE 64
#define OEXCL 0x1000

/* access */
#define AEXIST 0
#define AEXEC 1
#define AWRITE 2
#define AREAD 4

/* segattach */
#define SG_RONLY 0040
#define SG_CEXEC 0100

/* noted */
#define NCONT 0
#define NDFLT 1
#define NSAVE 2
#define NRSTR 3

/* Qid.type */
#define QTDIR 0x80
#define QTAPPEND 0x40
#define QTEXCL 0x20
#define QTMOUNT 0x10
#define QTAUTH 0x08
#define QTTMP 0x04
#define QTFILE 0x00

/* Dir.mode */
#define DMDIR 0x80000000
#define DMAPPEND 0x40000000
#define DMEXCL 0x20000000
#define DMMOUNT 0x10000000
#define DMAUTH 0x08000000
#define DMTMP 0x04000000
#define DMREAD 0x4
#define DMWRITE 0x2
#define DMEXEC 0x1

enum
{
	RFNAMEG = 1<<0,
	RFENVG = 1<<1,
	RFFDG = 1<<2,
	RFNOTEG = 1<<3,
	RFPROC = 1<<4,
	RFMEM = 1<<5,
	RFNOWAIT = 1<<6,
	RFCNAMEG = 1<<10,
	RFCENVG = 1<<11,
	RFCFDG = 1<<12,
	RFREND = 1<<13,
	RFNOMNT = 1<<14,
};

typedef struct Qid Qid;
struct Qid
{
	uvlong	path;
	ulong	vers;
	uchar	type;
};

typedef struct Dir Dir;
struct Dir
{
	ushort	type;	/* of the device, and which one of them */
	uint	dev;
	Qid	qid;
	ulong	mode;
	ulong	atime;	/* seconds since 1970 */
	ulong	mtime;
	vlong	length;
	char	*name;
	char	*uid;
	char	*gid;
	char	*muid;	/* who changed it last */
};

typedef struct Waitmsg Waitmsg;
struct Waitmsg
{
	int	pid;
	ulong	time[3];	/* ms: user, system, real */
	char	*msg;
};

typedef struct IOchunk IOchunk;
struct IOchunk
{
	void	*addr;
	ulong	len;
};

#include <syscalls.h>

extern	vlong	syscall(vlong, ...);
extern	_Noreturn void	abort(void);
extern	int	access(char*, int);
extern	int	brk(void*);
extern	int	execl(char*, ...);
extern	int	fork(void);
extern	int	notify(void(*)(void*, char*));
extern	long	preadv(int, IOchunk*, int, vlong);
extern	long	pwritev(int, IOchunk*, int, vlong);
extern	long	read(int, void*, long);
extern	long	readn(int, void*, long);
extern	long	readv(int, IOchunk*, int);
extern	void*	sbrk(usize);
extern	vlong	seek(int, vlong, int);
extern	Waitmsg*	wait(void);
extern	int	waitpid(void);
extern	long	write(int, void*, long);
extern	long	writev(int, IOchunk*, int);

extern	Dir*	dirstat(char*);
extern	Dir*	dirfstat(int);
extern	int	dirwstat(char*, Dir*);
extern	int	dirfwstat(int, Dir*);
extern	long	dirread(int, Dir**);
extern	void	nulldir(Dir*);
extern	long	dirreadall(int, Dir**);
extern	int	getpid(void);
extern	int	getppid(void);
extern	char*	sysname(void);
extern	void	rerrstr(char*, uint);
extern	void	werrstr(char*, ...);
#pragma varargck argpos werrstr 1

/*
 * Options: ARGBEGIN{ case 'x': ... default: usage(); }ARGEND moves argc and
 * argv, which must have these names, past them.  In between, ARGC() is the
 * option, ARGF() its argument or nil, EARGF(f) its argument or f is called.
 */
extern	char	*argv0;
#define ARGBEGIN for((void)(argv0 || (argv0 = *argv)), argc--, argv++;\
		argv[0] && argv[0][0] == '-' && argv[0][1];\
		argc--, argv++){\
			char *_args = argv[0]+1, *_argt;\
			Rune _argc = 0;\
			if(_args[0] == '-' && _args[1] == '\0'){\
				argc--, argv++;\
				break;\
			}\
			while(*_args && (_args += chartorune(&_argc, _args)))\
				switch(_argc)
#define ARGEND SET(_argt); USED(_argt, _argc, _args); } USED(argv, argc);
#define ARGF() (_argt = _args, _args = "", *_argt? _argt: argv[1]? (argc--, *++argv): (char*)0)
#define EARGF(f) (_argt = _args, _args = "",\
	*_argt? _argt: argv[1]? (argc--, *++argv): ((f), abort(), (char*)0))
#define ARGC() _argc

/* where the data segment ended when the program began */
extern	char	end[];

#ifdef __cplusplus
}
#endif

#endif
