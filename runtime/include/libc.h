/*
 * The C library.  Include u.h first.
 *
 * In a program that includes this file, main is Plan 9's: it ends by exits,
 * and falling off its end is exits("main"), a failure.  The macro is how the
 * runtime tells it from ISO C's int main, whose value is the exit status.
 */
#ifndef _LIBC_H_
#define _LIBC_H_

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

enum
{
	ERRMAX = 128,		/* bytes of an error string, NUL included */
	IOUNIT = 32768,
	STATMAX = 65535,
	STATFIXLEN = 49,	/* bytes of a stat entry before its strings' bytes */

	/* open */
	OREAD = 0,
	OWRITE = 1,
	ORDWR = 2,
	OEXEC = 3,
	OTRUNC = 16,
	OCEXEC = 32,
	ORCLOSE = 64,
	OEXCL = 0x1000,

	/* bind and mount */
	MREPL = 0,
	MBEFORE = 1,
	MAFTER = 2,
	MORDER = 3,
	MCREATE = 4,
	MCACHE = 0x10,
	MMASK = 0x17,

	/* rfork */
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

	/* noted */
	NCONT = 0,
	NDFLT = 1,
	NSAVE = 2,
	NRSTR = 3,

	/* Qid.type */
	QTDIR = 0x80,
	QTAPPEND = 0x40,
	QTEXCL = 0x20,
	QTMOUNT = 0x10,
	QTAUTH = 0x08,
	QTTMP = 0x04,
	QTFILE = 0x00,

	/* segattach */
	SG_RONLY = 0040,
	SG_CEXEC = 0100,
};

/* Dir.mode; not an enum: the first needs 32 bits without sign */
#define DMDIR 0x80000000
#define DMAPPEND 0x40000000
#define DMEXCL 0x20000000
#define DMMOUNT 0x10000000
#define DMAUTH 0x08000000
#define DMTMP 0x04000000
#define DMREAD 0x4
#define DMWRITE 0x2
#define DMEXEC 0x1

#include <syscalls.h>

/* memory */
extern	void*	memcpy(void*, void*, usize);
extern	void*	memmove(void*, void*, usize);
extern	void*	memset(void*, int, usize);
extern	int	memcmp(void*, void*, usize);
extern	int	brk(void*);
extern	void*	sbrk(usize);
extern	void*	malloc(usize);
extern	void	free(void*);

/* strings */
extern	char*	strchr(char*, int);
extern	char*	strrchr(char*, int);
extern	int	strcmp(char*, char*);
extern	int	strncmp(char*, char*, long);
extern	char*	strcpy(char*, char*);
extern	long	strlen(char*);
extern	int	atoi(char*);

/* print: verbs d x o b c s p r %, flags u l ll h hh z - 0 # and a width */
extern	int	print(char*, ...);
extern	int	fprint(int, char*, ...);
extern	int	snprint(char*, int, char*, ...);
extern	int	vsnprint(char*, int, char*, va_list);

/* files */
extern	long	read(int, void*, long);
extern	long	readn(int, void*, long);
extern	long	write(int, void*, long);
extern	vlong	seek(int, vlong, int);

/* processes */
extern	vlong	syscall(vlong, ...);
extern	_Noreturn void	exits(char*);
extern	int	atexit(void(*)(void));
extern	void	atexitdont(void(*)(void));
extern	_Noreturn void	abort(void);
extern	_Noreturn void	sysfatal(char*, ...);
extern	_Noreturn void	_assert(char*);
extern	int	getpid(void);
extern	vlong	nsec(void);
extern	char	*argv0;

/* errors */
extern	void	rerrstr(char*, uint);
extern	void	werrstr(char*, ...);

#ifdef __cplusplus
}
#endif

#endif
