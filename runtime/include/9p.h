/* File servers.  Include u.h, libc.h, fcall.h and thread.h first. */
#ifndef _9P_H_
#define _9P_H_

#pragma lib "lib9p.a"
#pragma src "/sys/src/lib9p"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Cmdbuf Cmdbuf;
typedef struct Cmdtab Cmdtab;
typedef struct Fid Fid;
typedef struct Fidpool Fidpool;
typedef struct File File;
typedef struct Filelist Filelist;
typedef struct Intmap Intmap;
typedef struct Queueelem Queueelem;
typedef struct Readdir Readdir;
typedef struct Req Req;
typedef struct Reqpool Reqpool;
typedef struct Reqqueue Reqqueue;
typedef struct Srv Srv;
typedef struct Tree Tree;
#pragma incomplete Filelist
#pragma incomplete Intmap
#pragma incomplete Readdir

/* numbers to pointers */
extern	Intmap*	allocmap(void(*inc)(void*));
extern	void	freemap(Intmap*, void(*destroy)(void*));
extern	void*	lookupkey(Intmap*, ulong);
extern	void*	insertkey(Intmap*, ulong, void*);
extern	int	caninsertkey(Intmap*, ulong, void*);
extern	void*	deletekey(Intmap*, ulong);

struct Queueelem
{
	Queueelem	*prev;
	Queueelem	*next;
	void	(*f)(Req*);
};

/* requests that a process of their own answers, one after the other */
#ifdef __cplusplus
struct Reqqueue: QLock, Rendez, Queueelem
{
#else
struct Reqqueue
{
	QLock;
	Rendez;
	Queueelem;
#endif
	int	pid;
	int	flush;
	Req	*cur;
};

struct Fid
{
	ulong	fid;
	char	omode;	/* -1: not open */
	File	*file;	/* nil if the server has no tree */
	char	*uid;
	Qid	qid;
	void	*aux;	/* the server's */

	/* the library's */
	Readdir	*rdir;
	Ref	ref;
	Fidpool	*pool;
	vlong	diroffset;
	long	dirindex;
};

struct Req
{
	ulong	tag;
	void	*aux;	/* the server's */
	Fcall	ifcall;	/* what was asked */
	Fcall	ofcall;	/* what to answer */
	Dir	d;
	Req	*oldreq;	/* what a flush is about */
	Fid	*fid;
	Fid	*afid;
	Fid	*newfid;
	Srv	*srv;

	Queueelem	qu;

	/* the library's */
	QLock	lk;
	Ref	ref;
	Reqpool	*pool;
	uchar	*buf;
	uchar	type;
	uchar	responded;
	char	*error;
	void	*rbuf;
	Req	**flush;
	int	nflush;
};

struct Fidpool
{
	Intmap	*map;
	void	(*destroy)(Fid*);
	Srv	*srv;
};

struct Reqpool
{
	Intmap	*map;
	void	(*destroy)(Req*);
	Srv	*srv;
};

extern	Fidpool*	allocfidpool(void(*destroy)(Fid*));
extern	void	freefidpool(Fidpool*);
extern	Fid*	allocfid(Fidpool*, ulong);
extern	Fid*	lookupfid(Fidpool*, ulong);
extern	void	closefid(Fid*);
extern	Fid*	removefid(Fidpool*, ulong);

extern	Reqpool*	allocreqpool(void(*destroy)(Req*));
extern	void	freereqpool(Reqpool*);
extern	Req*	allocreq(Reqpool*, ulong);
extern	Req*	lookupreq(Reqpool*, ulong);
extern	void	closereq(Req*);
extern	Req*	removereq(Reqpool*, ulong);

typedef int Dirgen(int, Dir*, void*);
extern	void	dirread9p(Req*, Dirgen*, void*);

/* trees of files in memory */
#ifdef __cplusplus
struct File: Ref, Dir
{
#else
struct File
{
	Ref;
	Dir;
#endif
	File	*parent;
	void	*aux;	/* the server's */

	/* the library's */
#ifdef __cplusplus
	RWLock	rwlock;
#else
	RWLock;
#endif
	Filelist	*filelist;
	Tree	*tree;
	int	nchild;
	int	allocd;
	int	nxchild;
	Ref	readers;
};

struct Tree
{
	File	*root;
	void	(*destroy)(File*);

	/* the library's */
	Lock	genlock;
	ulong	qidgen;
};

extern	Tree*	alloctree(char*, char*, ulong, void(*destroy)(File*));
extern	void	freetree(Tree*);
extern	File*	createfile(File*, char*, char*, ulong, void*);
extern	int	removefile(File*);
extern	void	closefile(File*);
extern	File*	walkfile(File*, char*);
extern	Readdir*	opendirfile(File*);
extern	long	readdirfile(Readdir*, uchar*, long, long);
extern	void	closedirfile(Readdir*);

/* messages that are commands: words, found in a table */
struct Cmdbuf
{
	char	*buf;
	char	**f;	/* the words */
	int	nf;
};

struct Cmdtab
{
	int	index;
	char	*cmd;
	int	narg;	/* words, the command included; 0: any number */
};

extern	Cmdbuf*	parsecmd(char*, int);
extern	void	respondcmderror(Req*, Cmdbuf*, char*, ...);
extern	Cmdtab*	lookupcmd(Cmdbuf*, Cmdtab*, int);
#pragma varargck argpos respondcmderror 3

/* a server: what it leaves nil is done for it, or is an error */
struct Srv
{
	Tree	*tree;
	void	(*destroyfid)(Fid*);
	void	(*destroyreq)(Req*);
	void	(*start)(Srv*);
	void	(*end)(Srv*);
	void	*aux;	/* the server's */

	void	(*attach)(Req*);
	void	(*auth)(Req*);
	void	(*open)(Req*);
	void	(*create)(Req*);
	void	(*read)(Req*);
	void	(*write)(Req*);
	void	(*remove)(Req*);
	void	(*flush)(Req*);
	void	(*stat)(Req*);
	void	(*wstat)(Req*);
	void	(*walk)(Req*);
	char*	(*clone)(Fid*, Fid*);
	char*	(*walk1)(Fid*, char*, Qid*);

	int	infd;
	int	outfd;
	char	*keyspec;

	/* the library's */
	Fidpool	*fpool;
	Reqpool	*rpool;
	uint	msize;
	uchar	*rbuf;
	QLock	rlock;
	uchar	*wbuf;
	QLock	wlock;
	char	*addr;
	QLock	slock;
	Ref	sref;	/* processes that serve */
	Ref	rref;	/* requests without an answer yet */
	int	spid;
	void	(*forker)(void(*)(void*), void*, int);
	void	(*free)(Srv*);
};

extern	void	srvforker(void(*)(void*), void*, int);
extern	void	threadsrvforker(void(*)(void*), void*, int);

extern	void	srv(Srv*);
extern	int	postsrv(Srv*, char*);
extern	void	postmountsrv(Srv*, char*, char*, int);
extern	void	postsharesrv(Srv*, char*, char*, char*);
extern	void	listensrv(Srv*, char*);

extern	void	threadsrv(Srv*);
extern	int	threadpostsrv(Srv*, char*);
extern	void	threadpostmountsrv(Srv*, char*, char*, int);
extern	void	threadpostsharesrv(Srv*, char*, char*, char*);
extern	void	threadlistensrv(Srv*, char*);

extern	int	chatty9p;	/* show every message */
extern	void	respond(Req*, char*);
extern	void	responderror(Req*);

extern	int	hasperm(File*, char*, int);

extern	void*	emalloc9p(ulong);
extern	void*	erealloc9p(void*, ulong);
extern	char*	estrdup9p(char*);

enum
{
	OMASK = 3,	/* of an open mode: read, write, both, execute */
};

extern	void	readstr(Req*, char*);
extern	void	readbuf(Req*, void*, long);
extern	void	walkandclone(Req*, char*(*walk1)(Fid*, char*, void*), char*(*clone)(Fid*, Fid*, void*), void*);

extern	void	auth9p(Req*);
extern	void	authread(Req*);
extern	void	authwrite(Req*);
extern	void	authdestroy(Fid*);
extern	int	authattach(Req*);

extern	void	srvacquire(Srv*);
extern	void	srvrelease(Srv*);

extern	Reqqueue*	reqqueuecreate(void);
extern	void	reqqueuepush(Reqqueue*, Req*, void(*)(Req*));
extern	void	reqqueueflush(Reqqueue*, Req*);
extern	void	reqqueuefree(Reqqueue*);

#ifdef __cplusplus
}
#endif

#endif
