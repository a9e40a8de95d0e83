/*
 * Threads and channels.  Include u.h and libc.h first.  The program begins in
 * threadmain; its end is threadexitsall, or threadexits of its last thread.
 */
#ifndef _THREAD_H_
#define _THREAD_H_

#pragma lib "libthread.a"
#pragma src "/sys/src/libthread"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Alt Alt;
typedef struct Channel Channel;
typedef struct Ioproc Ioproc;
typedef struct Ref Ref;
#pragma incomplete Ioproc

enum
{
	Nqwds = 2,
	Nqshift = 5,
	Nqmask = -1,
	Nqbits = (1<<Nqshift)*2,
};

/* a queue of at most s values; s is 0: sender and receiver meet */
struct Channel
{
	int	s;
	uint	f;	/* index of the first value; the next goes to (f+n)%s */
	uint	n;	/* values in it */
	int	e;	/* bytes of a value */
	int	freed;
	volatile Alt	**qentry;	/* who waits, nentry slots */
	volatile int	nentry;
	volatile int	closed;
	uchar	v[1];	/* the values */
};

typedef enum
{
	CHANEND,	/* the last of an array */
	CHANSND,
	CHANRCV,
	CHANNOP,	/* not this time */
	CHANNOBLK,	/* the last of an array; alt does not wait */
} ChanOp;

struct Alt
{
	Channel	*c;
	void	*v;	/* the value, or where it goes */
	ChanOp	op;
	char	*err;	/* why the operation failed */

	/* alt's own */
	Channel	**tag;
	int	entryno;
};

struct Ref
{
	long	ref;
};

extern	int	alt(Alt*);
extern	int	chanclose(Channel*);
extern	int	chanclosing(Channel*);
extern	Channel*	chancreate(int elemsize, int bufsize);
extern	void	chanfree(Channel*);
extern	int	chanprint(Channel*, char*, ...);
extern	long	decref(Ref*);	/* 0 when it was the last */
extern	void	incref(Ref*);
extern	int	nbrecv(Channel*, void*);
extern	void*	nbrecvp(Channel*);
extern	ulong	nbrecvul(Channel*);
extern	int	nbsend(Channel*, void*);
extern	int	nbsendp(Channel*, void*);
extern	int	nbsendul(Channel*, ulong);
extern	void	needstack(int);
extern	int	proccreate(void(*)(void*), void*, uint stacksize);
extern	int	procrfork(void(*)(void*), void*, uint stacksize, int flags);
extern	void**	procdata(void);
extern	void	procexec(Channel*, char*, char*[]);
extern	void	procexecl(Channel*, char*, ...);
extern	int	recv(Channel*, void*);
extern	void*	recvp(Channel*);
extern	ulong	recvul(Channel*);
extern	int	send(Channel*, void*);
extern	int	sendp(Channel*, void*);
extern	int	sendul(Channel*, ulong);
extern	int	threadcreate(void(*)(void*), void*, uint stacksize);
extern	void**	threaddata(void);
extern	_Noreturn void	threadexits(char*);
extern	_Noreturn void	threadexitsall(char*);
extern	int	threadgetgrp(void);
extern	char*	threadgetname(void);
extern	void	threadint(int);
extern	void	threadintgrp(int);
extern	void	threadkill(int);
extern	void	threadkillgrp(int);
extern	void	threadmain(int, char*[]);
extern	int	threadnotify(int(*)(void*, char*), int);
extern	int	threadid(void);
extern	int	threadpid(int);
extern	int	threadsetgrp(int);	/* the old one */
extern	void	threadsetname(char*, ...);
extern	Channel*	threadwaitchan(void);
extern	void	yield(void);
#pragma varargck argpos chanprint 2
#pragma varargck argpos threadsetname 1

extern	int	mainstacksize;

/* calls that may take long, made by a process of their own */
extern	Ioproc*	ioproc(void);
extern	void	closeioproc(Ioproc*);
extern	void	iointerrupt(Ioproc*);
extern	int	ioclose(Ioproc*, int);
extern	int	iodial(Ioproc*, char*, char*, char*, int*);
extern	int	ioopen(Ioproc*, char*, int);
extern	long	ioread(Ioproc*, int, void*, long);
extern	long	ioreadn(Ioproc*, int, void*, long);
extern	long	iowrite(Ioproc*, int, void*, long);
extern	int	iosleep(Ioproc*, long);
extern	int	ioflush(Ioproc*);
extern	long	iocall(Ioproc*, long(*)(va_list*), ...);

#ifdef __cplusplus
}
#endif

#endif
