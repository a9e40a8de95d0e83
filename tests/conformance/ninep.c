#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/*
 * Files of a 9P server, and what it is asked for them; facts/syscalls.md §8,
 * facts/devices.md §9, facts/observed-devices.md A.20-A.22, B (fversion, mount)
 * and C.  The server is a child that shares memory with its parent, so the
 * parent can look at its log, and tell it what to do wrong.
 */
enum
{
	Tversion = 100,
	Tauth = 102,
	Tattach = 104,
	Rerror = 107,
	Tflush = 108,
	Twalk = 110,
	Topen = 112,
	Tcreate = 114,
	Tread = 116,
	Twrite = 118,
	Tclunk = 120,
	Tremove = 122,
	Tstat = 124,
	Twstat = 126,

	Msize = 8216,
	Nfid = 64,
	Nnode = 32,

	/* what the server can do wrong with the next request */
	Right = 0,
	Othertag,	/* answers another request, then this one */
	Otherreply,	/* of a type that does not belong to the request */
	Garbage,	/* counts that reach beyond the end */
	Toolarge,	/* a size that is no size */
	Toosmall,
	Halves,	/* in two writes */
	Toomuch,	/* more than asked for */
	Badentry,
	Cutentry,
	Refuse,	/* an error */
	Refuseclunk,	/* the same, for Tclunk; no other fault is: files may be clunked at any time */
	Silence,	/* no answer until it is flushed */
	Late,	/* the answer comes just before that to the flush */
	Die,
};

typedef struct Node Node;
typedef struct Fid Fid;

struct Node
{
	char	*name;
	Node	*parent;
	uchar	type;	/* of its qid */
	char	*text;
	int	length;
	int	iounit;
	int	vers;
};

struct Fid
{
	int	used;
	uint	fid;
	int	root;	/* was attached */
	Node	*node;
};

static Node nodes[Nnode] = {
	{"/", nodes, QTDIR, nil, 0, 0, 0},
	{"file", nodes, 0, "hello, world\n", 13, 0, 0},
	{"dir", nodes, QTDIR, nil, 0, 0, 0},
	{"sub", nodes+2, QTDIR, nil, 0, 0, 0},
	{"b", nodes+2, 0, "b", 1, 0, 0},
	{"pieces", nodes, 0, nil, 0, 100, 0},
	{"long", nodes, 0, nil, 0, 0, 0},
	{"wide", nodes, 0, nil, 0, 100000, 0},
	{"prog", nodes, 0, nil, 0, 0, 0},
	{"excl", nodes, QTEXCL, "e", 1, 0, 0},
};
static int nnode = 10;

static Fid fids[Nfid];
static char record[4096];
static volatile int nlog, nclunk, fault, after;
static int server;	/* its pid */
static uchar lastwstat[256];
static int nlastwstat;
static char long20000[20000];
static uchar prog[128];
static char user[32];
static uchar tx[Msize+100], rx[Msize+100];

static uint
get(uchar *p, int n)
{
	uint v;

	for(v = 0; n > 0; n--)
		v = v<<8 | p[n-1];
	return v;
}

static uchar*
put(uchar *p, uvlong v, int n)
{
	for(; n > 0; n--){
		*p++ = v;
		v >>= 8;
	}
	return p;
}

static uchar*
puttext(uchar *p, char *s)
{
	int n;

	n = strlen(s);
	p = put(p, n, 2);
	memmove(p, s, n);
	return p+n;
}

static uchar*
putqid(uchar *p, Node *node)
{
	p = put(p, node->type, 1);
	p = put(p, node->vers, 4);
	return put(p, node-nodes+1, 8);
}

static uchar*
putentry(uchar *p, Node *node)
{
	uchar *start;

	start = p;
	p = put(p, 0, 2);
	p = put(p, 'x', 2);	/* for the kernel to replace */
	p = put(p, 0x12345678, 4);
	p = putqid(p, node);
	p = put(p, (ulong)node->type<<24 | (node->type&QTDIR ? 0777 : 0666), 4);
	p = put(p, 1000, 4);
	p = put(p, 2000, 4);
	p = put(p, node->length, 8);
	p = puttext(p, node->name);
	p = puttext(p, "owner");
	p = puttext(p, "group");
	p = puttext(p, "modifier");
	put(start, p-start-2, 2);
	return p;
}

static void
say(char *fmt, ...)
{
	va_list arg;
	int n;

	n = nlog;
	va_start(arg, fmt);
	n += vsnprint(record+n, sizeof record-n, fmt, arg);
	va_end(arg);
	nlog = n;
}

static Fid*
fidof(uint fid)
{
	int i;

	for(i = 0; i < Nfid; i++)
		if(fids[i].used && fids[i].fid == fid)
			return fids+i;
	return nil;
}

static Fid*
newfid(uint fid, Node *node)
{
	int i;

	if(fidof(fid) != nil)
		say("FID IN USE|");
	for(i = 0; i < Nfid-1; i++)
		if(!fids[i].used)
			break;
	fids[i].used = 1;
	fids[i].fid = fid;
	fids[i].root = 0;
	fids[i].node = node;
	return fids+i;
}

static int
fidsinuse(void)
{
	int i, n;

	n = 0;
	for(i = 0; i < Nfid; i++)
		n += fids[i].used;
	return n;
}

static Node*
find(Node *dir, char *name, int n)
{
	int i;

	if(n == 2 && name[0] == '.' && name[1] == '.')
		return dir->parent;
	if(n == 4 && memcmp(name, "loop", 4) == 0)
		return dir;
	for(i = 1; i < nnode; i++)
		if(nodes[i].name != nil && nodes[i].parent == dir && (int)strlen(nodes[i].name) == n && memcmp(nodes[i].name, name, n) == 0)
			return nodes+i;
	return nil;
}

static char*
gettext(uchar **p)
{
	static char text[2][64];
	static int which;
	int n;

	which = !which;
	n = get(*p, 2);
	memmove(text[which], *p+2, n < 63 ? n : 63);
	text[which][n < 63 ? n : 63] = '\0';
	*p += 2+n;
	return text[which];
}

/* The entries of a directory from byte off on, whole ones. */
static uchar*
readdir(uchar *p, Node *dir, uint off, uint count)
{
	uchar entry[256];
	uint at, n;
	int i;

	at = 0;
	for(i = 1; i < nnode; i++){
		if(nodes[i].name == nil || nodes[i].parent != dir)
			continue;
		n = putentry(entry, nodes+i) - entry;
		if(at >= off){
			if(n > count)
				break;
			memmove(p, entry, n);
			p += n;
			count -= n;
		}
		at += n;
	}
	return p;
}

static void
reply(int fd, int type, int tag, uchar *end)
{
	put(tx, end-tx, 4);
	put(tx+4, type, 1);
	put(tx+5, tag, 2);
	write(fd, tx, end-tx);
}

static void
error9(int fd, int tag, char *text)
{
	reply(fd, Rerror, tag, puttext(tx+7, text));
}

/* Answers the request in rx; returns 0 if that is the end. */
static int
serve(int fd, int size)
{
	static int waiting = -1, waitingtype;
	int type, tag, n, i, wrong, from;
	uint off, count;
	uchar *p, *q;
	char *name;
	Fid *f;
	Node *node;

	type = rx[4];
	tag = get(rx+5, 2);
	p = rx+7;
	q = tx+7;
	wrong = Right;
	if((type == Tclunk) == (fault == Refuseclunk)){
		wrong = fault;
		fault = Right;
	}
	f = nil;
	if(type >= Twalk && (f = fidof(get(p, 4))) == nil){
		say("UNKNOWN FID %ud|", get(p, 4));
		error9(fd, tag, "unknown fid");
		return 1;
	}
	name = f == nil ? "" : f->root ? "f0" : "f";
	node = f == nil ? nil : f->node;
	switch(type){
	case Tversion:
		n = get(p, 4);
		p += 4;
		say("version %d %s%s|", n, gettext(&p), tag == 0xFFFF ? "" : " BAD TAG");
		q = puttext(put(q, Msize, 4), "9P2000");
		break;
	case Tauth:
		i = get(p, 4);
		p += 4;
		name = gettext(&p);
		say("auth %s %s|", name, gettext(&p));
		f = newfid(i, nodes+1);
		q = put(put(put(q, QTAUTH, 1), 0, 4), 77, 8);
		break;
	case Tattach:
		i = get(p, 4);
		f = fidof(get(p+4, 4));
		n = get(p+4, 4) == 0xFFFFFFFF;
		p += 8;
		name = gettext(&p);
		say("attach %s %s %s|", n ? "nofid" : f != nil ? "afid" : "UNKNOWN", name, gettext(&p));
		if(wrong != Refuse && wrong != Otherreply){
			f = newfid(i, nodes);
			f->root = 1;
		}
		q = putqid(q, nodes);
		break;
	case Tflush:
		say("flush%s|", get(p, 2) == (uint)waiting ? "" : " OF WHAT");
		if(after == Late)
			reply(fd, waitingtype+1, waiting, put(put(q, 2, 4), 0, 2));
		after = Right;
		break;
	case Twalk:
		i = get(p+4, 4);
		n = get(p+8, 2);
		say("walk %s", name);
		if(n > 3)
			say(" *%d", n);
		p += 10;
		from = n;
		q += 2;
		for(; n > 0; n--){
			if(from <= 3){
				uchar *copy = p;

				say(" %s", gettext(&copy));
			}
			if(node != nil)
				node = find(node, (char*)p+2, get(p, 2));
			p += 2+get(p, 2);
			if(node != nil)
				q = putqid(q, node);
		}
		say("|");
		put(tx+7, (q-tx-9)/13, 2);
		if(wrong == Toomuch){
			q = putqid(q, nodes);
			put(tx+7, from+1, 2);
		}else if(node == nil && q == tx+9 && wrong != Refuse){
			error9(fd, tag, "not here");
			return 1;
		}else if(node != nil && wrong != Refuse)
			newfid(i, node);
		break;
	case Topen:
		say("open %x|", get(p+4, 1));
		q = put(putqid(q, node), node->iounit, 4);
		break;
	case Tcreate:
		p += 4;
		name = gettext(&p);
		say("create %s %uo %x|", name, get(p, 4), get(p+4, 1));
		if(strcmp(name, "never") == 0){
			error9(fd, tag, "no new files");
			return 1;
		}
		node = nodes+nnode++;
		node->name = malloc(64);
		strcpy(node->name, name);
		node->parent = f->node;
		node->type = get(p, 4)>>24;
		f->node = node;
		q = put(putqid(q, node), 0, 4);
		break;
	case Tread:
		off = get(p+4, 4);
		count = get(p+12, 4);
		say("read %ud %ud|", off, count);
		if(node->type & QTDIR){
			n = readdir(q+4, node, off, count) - (q+4);
		}else{
			n = off >= (uint)node->length ? 0 : node->length-off;
			if(n > (int)count)
				n = count;
			memmove(q+4, node->text+off, n);
		}
		if(wrong == Toomuch && n+10 < Msize){
			memset(q+4+n, 'z', 10);
			n += 10;
		}
		if(wrong == Cutentry)
			n -= 3;
		if(wrong == Badentry)
			q[4+48] = 0xFF;	/* how long the owner of file is */
		put(q, n, 4);
		q += 4+n;
		break;
	case Twrite:
		count = get(p+12, 4);
		say("write %ud %ud|", get(p+4, 4), count);
		if(size != (int)(23+count))
			say("BAD COUNT|");
		q = put(q, count, 4);
		break;
	case Tclunk:
		if(f->root)
			say("clunk f0|");
		else
			nclunk++;
		f->used = 0;
		break;
	case Tremove:
		say("remove|");
		f->used = 0;
		node->name = nil;
		break;
	case Tstat:
		say("stat|");
		q = putentry(q+2, node);
		if(wrong == Badentry)
			q[-1 - (int)strlen("modifier")]++;
		put(tx+7, q-tx-9, 2);
		break;
	case Twstat:
		say("wstat|");
		nlastwstat = get(p+4, 2);
		memmove(lastwstat, p+6, nlastwstat < 256 ? nlastwstat : 256);
		break;
	default:
		say("TYPE %d|", type);
	}
	switch(wrong){
	case Othertag:
		reply(fd, type+1, tag+1000, q);
		break;
	case Otherreply:
		reply(fd, Twstat+1, tag, tx+7);
		return 1;
	case Garbage:
		put(tx+7, 60000, 4);
		break;
	case Toolarge:
		put(tx, 1<<30, 4);
		write(fd, tx, 7);
		return 1;
	case Toosmall:
		put(tx, 3, 4);
		write(fd, tx, 7);
		return 1;
	case Halves:
		put(tx, q-tx, 4);
		put(tx+4, type+1, 1);
		put(tx+5, tag, 2);
		write(fd, tx, 3);
		write(fd, tx+3, q-tx-3);
		return 1;
	case Refuse:
	case Refuseclunk:
		error9(fd, tag, "go away");
		return 1;
	case Silence:
	case Late:
		waiting = tag;
		waitingtype = type;
		after = wrong;
		return 1;
	case Die:
		return 0;
	}
	reply(fd, type+1, tag, q);
	return 1;
}

static void
loop(int fd)
{
	int n;

	for(;;){
		n = read(fd, rx, sizeof rx);
		if(n <= 0){
			say("end|");
			return;
		}
		if((uint)n != get(rx, 4)){
			say("BAD SIZE|");
			return;
		}
		if(!serve(fd, n))
			return;
	}
}

/* What the server was asked since the last time, clunks of files left out. */
static char*
said(void)
{
	static char copy[sizeof record];

	/* files that nobody waits for are clunked later */
	sleep(10);
	memmove(copy, record, nlog);
	copy[nlog] = '\0';
	nlog = 0;
	return copy;
}

/* A new server: our end of the pipe to it. */
static int
serving(void)
{
	int p[2], pid;

	memset(fids, 0, sizeof fids);
	nlog = nclunk = 0;
	if(pipe(p) < 0)
		sysfatal("pipe: %r");
	pid = rfork(RFPROC|RFMEM|RFFDG);
	if(pid < 0)
		sysfatal("rfork: %r");
	if(pid == 0){
		close(p[0]);
		loop(p[1]);
		_exits(nil);
	}
	server = pid;
	close(p[1]);
	return p[0];
}

static void
mounted(void)
{
	if(mount(serving(), -1, "/mnt", MREPL|MCREATE, "") < 0)
		sysfatal("mount: %r");
	said();
}

static void
unmounted(void)
{
	unmount(nil, "/mnt");
	waitchild(server);
	said();
}

/* What fversion(p, …, version) says to a server that answers with n bytes and goes away. */
static void
versionchild(int fd, uchar *answer, int n)
{
	uchar request[64];

	read(fd, request, sizeof request);
	write(fd, answer, n);
	_exits(nil);
}

static void
version(char *text, int type, int msize, char *answer, int adjust, int want, char *name)
{
	uchar message[100], *p;
	char buf[32];
	int pid, fd[2], n;

	p = message+7;
	if(type == Tversion+1)
		p = put(p, msize, 4);
	if(answer != nil)
		p = puttext(p, answer);
	put(message, p-message+adjust, 4);
	put(message+4, type, 1);
	put(message+5, 0xFFFF, 2);
	pipe(fd);
	pid = rfork(Fork);
	if(pid == 0){
		close(fd[0]);
		versionchild(fd[1], message, p-message);
	}
	close(fd[1]);
	strcpy(buf, "9P2000");
	n = fversion(fd[0], 8192, buf, sizeof buf);
	if(text != nil)
		fails(n, text, name);
	else
		is(n, want, name);
	close(fd[0]);
	waitchild(pid);
}

static void
versions(void)
{
	char buf[300];
	int fd, i;

	version(nil, Tversion+1, 8192, "9P2000", 0, 6, "fversion returns the length of the version");
	version(nil, Tversion+1, 256, "9P", 0, 2, "which may be shorter than what was asked for");
	version("server tries to increase msize in fversion", Tversion+1, 8193, "9P2000", 0, 0, "a larger message size");
	version("nonsense value of msize in fversion", Tversion+1, 255, "9P2000", 0, 0, "a tiny message size");
	version("bad 9P version returned from server", Tversion+1, 8192, "9P2000.u", 0, 0, "another version");
	version("bad 9P version returned from server", Tversion+1, 8192, "unknown", 0, 0, "an unknown version");
	version("go away", Rerror, 0, "go away", 0, 0, "an error");
	version("unexpected reply type in fversion", Twalk+1, 0, "", 0, 0, "another type");
	version("bad fversion conversion on reply", Tversion+1, 8192, "9P2000", -1, 0, "a wrong size");
	version("EOF receiving fversion reply", Tversion+1, 8192, "9P2000", 5, 0, "a message that is not all there");
	version("EOF receiving fversion reply", 'h', 0, nil, 0x6c6c6568, 0, "no message at all");
	i = rfork(Fork);
	if(i == 0){
		int p[2];

		/* without notes, the first write to a closed pipe kills */
		pipe(p);
		close(p[1]);
		strcpy(buf, "9P2000");
		fversion(p[0], 0, buf, sizeof buf);
		_exits("was not killed");
	}
	like(waitchild(i), "sys: write on closed pipe*", "fversion on a closed pipe posts the note");

	fd = serving();
	strcpy(buf, "9P2000.x");
	is(fversion(fd, 0, buf, sizeof buf), 6, "fversion");
	ok(strncmp(buf, "9P2000", 6) == 0, "gives the version");
	same(said(), "version 32792 9P2000.x|", "what it asks");
	fails(read(fd, buf, 1), "inappropriate use of fd", "then the descriptor cannot be read");
	fails(write(fd, buf, 1), "inappropriate use of fd", "nor written");
	fails(seek(fd, 0, 0), "inappropriate use of fd", "nor seeked");
	strcpy(buf, "9P2000");
	is(fversion(fd, 256, buf, sizeof buf), 6, "fversion again");
	fails(fversion(fd, 256, buf, 5), "bad arg in system call", "without room for a NUL");
	strcpy(buf, "9P");
	fails(fversion(fd, 256, buf, sizeof buf), "bad 9P version specification", "another version");
	same(said(), "", "asks nothing");
	is(mount(fd, -1, "/mnt", MREPL, "spec"), 0, "mount");
	snprint(buf, sizeof buf, "attach nofid %s spec|", user);
	same(said(), buf, "only attaches");
	fails(close(fd), "fd out of range or not open", "and closes the descriptor");
	is(unmount(nil, "/mnt"), 0, "unmount");
	same(said(), "clunk f0|end|", "is the end of the server");
	waitchild(server);
	fd = serving();
	strcpy(buf, "");
	is(fversion(fd, 100000, buf, sizeof buf), 6, "fversion without a version");
	same(said(), "version 65536 9P2000|", "means the usual one, the pipe bounds the size");
	close(fd);
	waitchild(server);
	said();
}

static void
mounting(void)
{
	uchar d[512], e[512];
	char want[100];
	int fd, afd;

	fd = serving();
	fails(mount(fd, -1, "nosuch", MREPL, ""), "file does not exist: 'nosuch'", "mount on what does not exist");
	snprint(want, sizeof want, "version 32792 9P2000|attach nofid %s |clunk f0|", user);
	same(said(), want, "attaches first");
	fails(mount(fd, -1, "/dev/null", MREPL, ""), "inconsistent mount", "mount on a file");
	fault = Refuse;
	fails(mount(fd, -1, "/mnt", MREPL, ""), "go away", "a server that refuses");
	fault = Otherreply;
	fails(mount(fd, -1, "/mnt", MREPL, ""), "mount rpc error", "a reply of another type");
	said();
	fails(mount(fd, fd, "/mnt", MREPL, ""), "inappropriate use of fd", "an auth descriptor that is none");
	same(said(), "", "nothing is asked");
	afd = dup(fd, -1);
	is(mount(fd, -1, "/mnt", MREPL, "one"), 0, "mount");
	is(mount(afd, -1, "/n", MREPL, "two"), 0, "mount again on the same connection");
	said();
	stat("/mnt/file", d, sizeof d);
	stat("/n/file", e, sizeof e);
	is(d[2], 'M', "the type of files is M");
	ok(get(d+4, 4) != get(e+4, 4), "each mount has its own device number");
	ok(get(d+13, 4) == get(e+13, 4), "the qid is the same");
	said();
	is(unmount(nil, "/n"), 0, "unmount the second");
	same(said(), "clunk f0|", "the connection stays");
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");

	fd = serving();
	afd = fauth(fd, "spec");
	ok(afd > fd, "fauth");
	snprint(want, sizeof want, "version 32792 9P2000|auth %s spec|", user);
	same(said(), want, "what it asks");
	is(read(afd, d, 5), 5, "the conversation");
	same(said(), "read 0 5|", "reads");
	is(write(afd, d, 5), 5, "and writes");
	same(said(), "write 5 5|", "go on with its offset");
	is(mount(fd, afd, "/mnt", MREPL, ""), 0, "mount with it");
	snprint(want, sizeof want, "attach afid %s |", user);
	same(said(), want, "what it asks");
	nclunk = 0;
	close(afd);
	is(nclunk, 1, "closing it clunks at once");
	unmounted();
	fd = serving();
	fversion(fd, 0, (char*)memset(want, 0, sizeof want), sizeof want);
	fault = Refuse;
	fails(fauth(fd, ""), "go away", "fauth of a server that refuses");
	close(fd);
	waitchild(server);
}

static void
files(void)
{
	char buf[300];
	int fd;

	mounted();
	fd = open("/mnt/file", OREAD);
	ok(fd >= 0, "open");
	same(said(), "walk f0 file|open 0|", "what it asks");
	is(read(fd, buf, 100), 13, "read");
	same(said(), "read 0 100|", "what it asks");
	ok(memcmp(buf, "hello, world\n", 13) == 0, "the server's bytes");
	is(read(fd, buf, 100), 0, "read at the end");
	same(said(), "read 13 100|", "asks, too");
	is(read(fd, buf, 0), 0, "read of nothing");
	same(said(), "read 13 0|", "asks, too");
	is(seek(fd, -5, 2), 8, "seek from the end");
	same(said(), "stat|", "asks for the length");
	fd2path(fd, buf, sizeof buf);
	same(buf, "/mnt/file", "its path");
	nclunk = 0;
	is(close(fd), 0, "close");
	is(nclunk, 1, "clunks at once");
	fd = open("/mnt/file", OWRITE|OTRUNC|OCEXEC);
	same(said(), "walk f0 file|open 11|", "OTRUNC is passed, OCEXEC is not");
	is(write(fd, "abc", 3), 3, "write");
	is(write(fd, "abc", 0), 0, "write of nothing");
	same(said(), "write 0 3|write 3 0|", "what they ask");
	close(fd);
	fd = open("/mnt/file", ORDWR|ORCLOSE);
	close(fd);
	same(said(), "walk f0 file|open 42|", "ORCLOSE is the server's");
	fd = open("/mnt/pieces", ORDWR);
	is(read(fd, buf, 250), 250, "read more than the server takes at once");
	is(pwrite(fd, buf, 201, 7), 201, "write more");
	same(said(), "walk f0 pieces|open 2|read 0 100|read 100 100|read 200 50|write 7 100|write 107 100|write 207 1|",
		"goes in pieces of its iounit");
	close(fd);
	fd = open("/mnt/long", OREAD);
	is(read(fd, long20000, 10000), 10000, "without iounit");
	same(said(), "walk f0 long|open 0|read 0 8192|read 8192 1808|", "of the message size");
	close(fd);
	fd = open("/mnt/wide", OREAD);
	is(pread(fd, long20000, 10000, 15000), 5000, "with a large iounit");
	same(said(), "walk f0 wide|open 0|read 15000 8192|", "too; a short reply ends it");
	close(fd);
	fault = Refuse;
	fails(open("/mnt/file", OREAD), "go away: '/mnt/file'", "an error of a walk is decorated");
	fails(open("/mnt/nosuch", OREAD), "not here: '/mnt/nosuch'", "one of the server's own");
	fd = open("/mnt/file", ORDWR);
	fault = Refuse;
	fails(read(fd, buf, 1), "go away", "an error of a read is not");
	fault = Refuse;
	fails(write(fd, buf, 1), "go away", "nor of a write");
	fault = Refuseclunk;
	is(close(fd), 0, "close never fails");
	fd = open("/mnt/excl", OREAD);
	nclunk = 0;
	close(fd);
	is(nclunk, 1, "a file for one is clunked at once");
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

static void
walks(void)
{
	int i, fd;
	char name[200];

	mounted();
	fails(open("/mnt/dir/nosuch", OREAD), "file does not exist: '/mnt/dir/nosuch'", "a walk that ends early: the kernel's error");
	same(said(), "walk f0 dir nosuch|", "one request");
	fails(open("/mnt/file/x", OREAD), "not a directory: '/mnt/file'", "a walk through a file");
	said();
	fd = open("/mnt/dir/sub/../b", OREAD);
	ok(fd >= 0, "..");
	same(said(), "walk f0 dir sub|walk f ..|walk f b|open 0|", "is a walk of its own");
	close(fd);
	is(chdir("/mnt/dir"), 0, "chdir");
	same(said(), "walk f0 dir|", "walks only");
	fd = open("b", OREAD);
	same(said(), "walk f b|open 0|", "names start there");
	close(fd);
	fd = open("../file", OREAD);
	ok(fd >= 0, ".. to the root of the mount");
	same(said(), "walk f ..|walk f0 file|open 0|", "goes on from that");
	close(fd);
	is(chdir(".."), 0, "chdir to it");
	said();
	is(chdir(".."), 0, "and beyond");
	same(said(), "", "is not the server's business");
	strcpy(name, "/mnt");
	for(i = 0; i < 20; i++)
		strcpy(name+strlen(name), "/loop");
	is(chdir(name), 0, "twenty elements");
	same(said(), "walk f0 *16|walk f *4|", "are two walks");
	chdir("/");
	fault = Toomuch;
	fails(open("/mnt/file", OREAD), "too many QIDs returned by walk: '/mnt/file'", "too many qids");
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

static void
entries(void)
{
	uchar d[512], wide[512];
	char buf[9000], name[32];
	int fd, n, m;

	mounted();
	n = stat("/mnt/dir/b", d, sizeof d);
	same(said(), "walk f0 dir b|stat|", "stat");
	ok(n > STATFIXLEN, "gives an entry");
	n = stat("/mnt", d, sizeof d);
	same(said(), "walk f0|stat|", "stat of the mount point");
	memmove(name, d+43, 3);
	name[d[41]] = '\0';
	same(name, "mnt", "has the name of the place");
	is(stat("/mnt/file", wide, 20), 2, "stat with little room");
	is(get(wide, 2)+2, stat("/mnt/file", wide, sizeof wide), "says how much it needs");
	fails(stat("/mnt/file", wide, 1), "stat buffer too small", "without room for that");
	fault = Right;
	said();
	fd = open("/mnt/file", OREAD);
	said();
	n = fstat(fd, d, sizeof d);
	same(said(), "stat|", "fstat");
	is(n, stat("/mnt/file", wide, sizeof wide), "the same entry");
	fault = Badentry;
	fails(fstat(fd, d, sizeof d), "malformed stat buffer", "an entry that is none");
	said();
	fstat(fd, d, sizeof d);
	said();
	is(fwstat(fd, d, n), n, "fwstat");
	same(said(), "wstat|", "what it asks");
	ok(nlastwstat == n && memcmp(lastwstat, d, n) == 0, "passes the entry as it is");
	is(wstat("/mnt/dir/b", d, n), n, "wstat");
	same(said(), "walk f0 dir b|wstat|", "what it asks");
	fault = Refuse;
	fails(fwstat(fd, d, n), "go away", "an error of wstat");
	close(fd);
	said();

	fd = open("/mnt", OREAD);
	same(said(), "walk f0|open 0|", "open of the mount point");
	n = read(fd, buf, sizeof buf);
	same(said(), "read 0 8192|", "reading a directory");
	ok(n > 200, "gives entries");
	is((uchar)buf[2], 'M', "their type is M");
	is(get((uchar*)buf+4, 4), get(d+4, 4), "and the device that of the mount");
	m = 2+get((uchar*)buf, 2);
	is(read(fd, buf, sizeof buf), 0, "until the end");
	snprint(buf, sizeof buf, "read %d 8192|", n);
	same(said(), buf, "from where it came to");
	is(pread(fd, buf, m+10, 0), m, "pread at 0 starts again, with whole entries");
	said();
	fault = Cutentry;
	fails(pread(fd, buf, sizeof buf, 0), "invalid directory entry received from server", "an entry that is cut off");
	fault = Badentry;
	fails(pread(fd, buf, sizeof buf, 0), "malformed stat buffer", "an entry that is none");
	fails(write(fd, buf, 1), "inappropriate use of fd", "a directory is not written");
	close(fd);
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

static void
creating(void)
{
	int fd;

	mounted();
	fd = create("/mnt/new", ORDWR, 0644);
	ok(fd >= 0, "create");
	same(said(), "walk f0 new|walk f0|create new 644 2|", "looks whether it is there first");
	is(write(fd, "x", 1), 1, "what it opens can be written");
	close(fd);
	said();
	fd = create("/mnt/new", OWRITE, 0600);
	ok(fd >= 0, "create of what exists");
	same(said(), "walk f0 new|open 11|", "opens and truncates");
	close(fd);
	said();
	fails(create("/mnt/new", OWRITE|OEXCL, 0600), "file already exists: '/mnt/new'", "unless it must be new");
	same(said(), "walk f0 new|", "what that asks");
	fd = create("/mnt/other", OWRITE|OEXCL|ORCLOSE, 0600);
	same(said(), "walk f0 other|walk f0|create other 600 41|", "OEXCL is not passed");
	close(fd);
	said();
	fails(create("/mnt/never", OWRITE, 0666), "no new files: '/mnt/never'", "an error of create");
	same(said(), "walk f0 never|walk f0|create never 666 1|walk f0 never|", "comes after another look");
	fd = create("/mnt/newdir", OREAD, DMDIR|0777);
	ok(fd >= 0, "create a directory");
	same(said(), "walk f0 newdir|walk f0|create newdir 20000000777 0|", "DMDIR is passed");
	close(fd);
	fd = create("/mnt/newdir/x", OWRITE, 0666);
	ok(fd >= 0, "create in it");
	close(fd);
	said();
	nclunk = 0;
	is(remove("/mnt/newdir/x"), 0, "remove");
	same(said(), "walk f0 newdir x|remove|", "what it asks");
	is(nclunk, 0, "without a clunk");
	fault = Right;
	remove("/mnt/new");
	remove("/mnt/other");
	remove("/mnt/newdir");
	fails(remove("/mnt"), "is a mount point", "the mount point is not removed");
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

static void
unions(void)
{
	int fd;

	mounted();
	bind("/dev", "/mnt", MAFTER);
	fd = open("/mnt/null", OREAD);
	ok(fd >= 0, "a union with a device");
	same(said(), "walk f0 null|", "the server is asked first");
	close(fd);
	fails(open("/mnt/nosuch", OREAD), "file does not exist: '/mnt/nosuch'", "the last element's error");
	fd = open("/mnt/file", OREAD);
	ok(fd >= 0, "a file of the server");
	close(fd);
	bind("/mnt/dir", "/n", MREPL);
	fd = open("/n/b", OREAD);
	ok(fd >= 0, "what is bound elsewhere");
	close(fd);
	unmount(nil, "/n");
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

static void
faults(void)
{
	char buf[100];
	int fd;

	mounted();
	fd = open("/mnt/file", OREAD);
	fault = Othertag;
	is(pread(fd, buf, 5, 0), 5, "a reply to nothing is passed over");
	fault = Halves;
	is(pread(fd, buf, 5, 0), 5, "a reply in two pieces");
	fault = Toomuch;
	is(pread(fd, buf, 5, 0), 5, "more than was asked for is cut");
	fault = Otherreply;
	fails(pread(fd, buf, 5, 0), "mount rpc error", "a reply of another type");
	fault = Garbage;
	fails(pread(fd, buf, 5, 0), "mount rpc error", "a reply that is no message");
	is(pread(fd, buf, 5, 0), 5, "the connection lives on");
	fault = Toolarge;
	fails(pread(fd, buf, 5, 0), "mount rpc error", "a size beyond the message size");
	fault = Toosmall;
	fails(pread(fd, buf, 5, 0), "mount rpc error", "a size that is too small");
	is(pread(fd, buf, 5, 0), 5, "the connection lives on");
	close(fd);
	unmounted();
}

static void
death(void)
{
	uchar d[512];
	char buf[10];
	int fd;

	mounted();
	catch(keep);
	fd = open("/mnt/file", OREAD);
	chdir("/mnt/dir");
	fault = Die;
	fails(open("/mnt/file", OREAD), "mount rpc error: '/mnt/file'", "the server dies with a request");
	waitchild(server);
	fails(open("/mnt/file", OREAD), "i/o on hungup channel: '/mnt/file'", "later ones");
	fails(read(fd, buf, 1), "i/o on hungup channel", "a read");
	fails(stat("/mnt", d, sizeof d), "clone failed: '/mnt'", "stat of the mount point");
	is(chdir("/mnt"), 0, "chdir to it succeeds");
	is(chdir("/"), 0, "and away");
	is(close(fd), 0, "close succeeds");
	is(unmount(nil, "/mnt"), 0, "unmount, too");
	is(nnotes, 0, "no note was posted");
	catch(nil);
}

static void
interruptions(void)
{
	char buf[100];
	int fd;

	mounted();
	catch(keep);
	fd = open("/mnt/file", OREAD);
	said();
	fault = Silence;
	alarm(30);
	fails(pread(fd, buf, 5, 0), "interrupted", "a read that a note interrupts");
	is(nnotes, 1, "the note");
	same(said(), "read 0 5|flush|", "the request is flushed");
	is(pread(fd, buf, 5, 0), 5, "the next one is as ever");
	fault = Late;
	alarm(30);
	is(pread(fd, buf, 4, 0), 2, "a reply that comes before that to the flush counts");
	is(nnotes, 2, "the note is there all the same");
	same(said(), "read 0 5|read 0 4|flush|", "the request was flushed");
	fault = Silence;
	alarm(30);
	fails(open("/mnt/file", OREAD), "interrupted: '/mnt/file'", "an open that a note interrupts");
	said();
	close(fd);
	catch(nil);
	unmounted();
}

static int readfd;

static void
reader(void)
{
	char buf[10];

	if(pread(readfd, buf, 5, 0) != 5)
		exits("read failed");
}

static void
slowreader(void)
{
	char buf[10];

	fault = Silence;
	catch(keep);
	alarm(100);
	if(pread(readfd, buf, 5, 0) != -1)
		exits("read succeeded");
}

static void
stuck(void)
{
	char buf[10];
	int fd;

	fd = open("/mnt/dir/b", OREAD);
	fault = Silence;
	pread(fd, buf, 5, 0);
	exits("read returned");
}

static void
several(void)
{
	char buf[10], *s;
	int i, n, pid, slow;

	mounted();
	readfd = open("/mnt/file", OREAD);
	for(i = 0; i < 5; i++)
		start(Fork, reader);
	n = 0;
	for(i = 0; i < 5; i++){
		char text[200];

		waitany(text, sizeof text);
		n += text[0] != '\0';
	}
	is(n, 0, "five processes read at once");
	slow = start(RFPROC|RFMEM|RFFDG, slowreader);
	sleep(20);
	is(pread(readfd, buf, 5, 0), 5, "one is served while another one waits");
	same(waitchild(slow), "", "whose note comes later");
	is(pread(readfd, buf, 5, 0), 5, "and again");
	said();
	nclunk = 0;
	pid = start(RFPROC|RFMEM|RFFDG, stuck);
	sleep(20);
	snprint(buf, sizeof buf, "kill");
	ok(post(pid, "note", buf, 4) == 4, "a process that waits for the server is killed");
	s = waitchild(pid);
	same(s, "kill", "its status");
	same(said(), "walk f0 dir b|open 0|read 0 5|flush|", "the request is flushed");
	is(nclunk, 1, "and the file clunked");
	close(readfd);
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

/* Posted in /srv: mounted by whoever opens that, and kept there. */
static void
posted(void)
{
	char text[16];
	int fd, srv;

	fd = serving();
	srv = create("/srv/conf.ninep", OWRITE, 0600);
	snprint(text, sizeof text, "%d", fd);
	is(write(srv, text, strlen(text)), (int)strlen(text), "post a connection");
	close(srv);
	close(fd);
	fd = open("/srv/conf.ninep", ORDWR);
	is(mount(fd, -1, "/mnt", MREPL, ""), 0, "mount what was posted");
	fd = open("/srv/conf.ninep", ORDWR);
	is(mount(fd, -1, "/mnt", MBEFORE, ""), 0, "and again");
	said();
	is(unmount("/srv/conf.ninep", "/mnt"), 0, "unmount by the name of the connection");
	same(said(), "clunk f0|", "takes the first");
	is(unmount("/srv/conf.ninep", "/mnt"), 0, "and again");
	same(said(), "clunk f0|", "the other one");
	fails(unmount("/srv/conf.ninep", "/mnt"), "not mounted", "there are no more");
	fd = open("/srv/conf.ninep", ORDWR);
	fails(write(fd, text, 1), "inappropriate use of fd", "the connection stays one for messages");
	close(fd);
	is(remove("/srv/conf.ninep"), 0, "remove the posting");
	same(said(), "end|", "is the end of the server");
	waitchild(server);
}

static void
sharedreader(void)
{
	char buf[10];

	fault = Silence;
	catch(keep);
	alarm(60);
	if(pread(readfd, buf, 5, 0) != -1)
		exits("read succeeded");
}

/* A file that is closed while another process that shares the descriptor reads. */
static void
sharing9(void)
{
	int pid;

	mounted();
	readfd = open("/mnt/file", OREAD);
	said();
	nclunk = 0;
	pid = start(RFPROC|RFMEM, sharedreader);
	sleep(20);
	is(close(readfd), 0, "close what another process reads");
	is(nclunk, 0, "it is still in use");
	same(waitchild(pid), "", "until the reader is done");
	same(said(), "read 0 5|flush|", "what was asked");
	is(nclunk, 1, "then it is clunked");
	catch(nil);
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

static void
big(uchar *p, uint v)
{
	p[0] = v>>24;
	p[1] = v>>16;
	p[2] = v>>8;
	p[3] = v;
}

static void
execute(void)
{
	char *argv[2];

	argv[0] = "was here";
	argv[1] = nil;
	exec("/mnt/prog", argv);
	exits("exec failed");
}

static void
programs(void)
{
	static uchar amd64[] = {0xbd, 8, 0, 0, 0, 0x0f, 0x05};	/* exits(argv[0]) */
	static uchar arm64[] = {0x00, 0x01, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};
	uint base;

#ifdef __x86_64__
	USED(arm64);
	big(prog, 0x8A97);
	base = 0x200000;
	memmove(prog+40, amd64, sizeof amd64);
#else
	USED(amd64);
	big(prog, 0x8C47);
	base = 0x10000;
	memmove(prog+40, arm64, sizeof arm64);
#endif
	big(prog+4, 16);
	big(prog+20, base+40);
	big(prog+36, base+40);
	nodes[8].text = (char*)prog;
	nodes[8].length = 56;
	mounted();
	same(run(Fork, execute), "was here", "a program from the server runs");
	like(said(), "walk f0 prog|open 3|read 0 256|*", "how exec reads it");
	fault = Refuse;
	same(run(Fork, execute), "exec failed", "or not");
	unmounted();
	is(fidsinuse(), 0, "no file is left at the server");
}

/* Descriptors and places of a process that ends, and its standard error. */
static void
leaves(void)
{
	open("/mnt/file", OREAD);
	open("/mnt/dir", OREAD);
	chdir("/mnt/dir");
	bind("/mnt/dir/sub", "/n", MREPL);
	exits(nil);
}

static void
complains(void)
{
	int *volatile nowhere;

	dup(open("/mnt/file", OWRITE), 2);
	nowhere = (int*)4;
	*nowhere = 1;
}

static void
ends(void)
{
	mounted();
	same(run(Fork|RFNAMEG, leaves), "", "a process that ends with files");
	said();
	is(fidsinuse(), 1, "leaves none of them open");
	like(run(Fork, complains), "sys: trap: fault write*", "a process that dies with its standard error there");
	like(said(), "walk f0 file|open 1|write 0 *|", "says why");
	is(fidsinuse(), 1, "and leaves nothing open");
	unmounted();
}

void
main(int argc, char *argv[])
{
	int fd, i;

	USED(argc);
	USED(argv);
	fd = open("/dev/user", OREAD);
	read(fd, user, sizeof user-1);
	close(fd);
	for(i = 0; i < (int)sizeof long20000; i++)
		long20000[i] = 'a'+i%26;
	for(i = 5; i < 8; i++){
		nodes[i].text = malloc(sizeof long20000);
		memmove(nodes[i].text, long20000, sizeof long20000);
		nodes[i].length = sizeof long20000;
	}
	versions();
	mounting();
	files();
	walks();
	entries();
	creating();
	unions();
	faults();
	death();
	interruptions();
	several();
	sharing9();
	posted();
	programs();
	ends();
	done();
}
