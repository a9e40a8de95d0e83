#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/*
 * The loop that reads requests.  A row of ops has two functions for a kind of
 * request: ask checks it and calls the server's function, which calls respond,
 * now or later; answer is called there, to change what is known of fids.
 */
typedef struct Op Op;
struct Op
{
	void	(*ask)(Srv*, Req*);
	void	(*answer)(Req*);	/* r->error may be set; it may set it */
};

enum
{
	Minmsize = 256,
	Maxmsize = 1024*1024,
	Enough = 8,	/* processes that serve, one after the other */
};

static char Ebadoffset[] = "bad offset";
static char Ebotch[] = "9P protocol botch";
static char Edupfid[] = "duplicate fid";
static char Eperm[] = "permission denied";
static char Eunknownfid[] = "unknown fid";

static void
setmsize(Srv *s, uint n)
{
	qlock(&s->rlock);
	qlock(&s->wlock);
	if(s->rbuf == nil || n != s->msize){
		free(s->rbuf);
		free(s->wbuf);
		s->rbuf = emalloc9p(n);
		s->wbuf = emalloc9p(n);
		s->msize = n;
	}
	qunlock(&s->wlock);
	qunlock(&s->rlock);
}

/* The fid of a request; without one it is answered. */
static int
hasfid(Srv *s, Req *r)
{
	r->fid = lookupfid(s->fpool, r->ifcall.fid);
	if(r->fid == nil)
		respond(r, Eunknownfid);
	return r->fid != nil;
}

static void
askversion(Srv *s, Req *r)
{
	uint n;

	if(s->rref.ref != 1){
		respond(r, Ebotch);
		return;
	}
	n = r->ifcall.msize;
	if(strncmp(r->ifcall.version, "9P", 2) != 0){
		r->ofcall.version = "unknown";
		r->ofcall.msize = Minmsize;
	}else if(n < Minmsize){
		respond(r, "version: message size too small");
		return;
	}else{
		r->ofcall.version = VERSION9P;
		r->ofcall.msize = n < Maxmsize ? n : Maxmsize;
	}
	respond(r, nil);
}

static void
answerversion(Req *r)
{
	if(r->error == nil)
		setmsize(r->srv, r->ofcall.msize);
}

static void
askauth(Srv *s, Req *r)
{
	char err[ERRMAX];

	r->afid = allocfid(s->fpool, r->ifcall.afid);
	if(r->afid == nil)
		respond(r, Edupfid);
	else if(s->auth != nil)
		s->auth(r);
	else{
		snprint(err, sizeof err, "%s: authentication not required", argv0);
		respond(r, err);
	}
}

static void
answerauth(Req *r)
{
	if(r->afid == nil)
		return;
	if(r->error != nil)
		closefid(removefid(r->srv->fpool, r->afid->fid));
	else if(r->afid->omode == -1)
		r->afid->omode = ORDWR;
}

static void
askattach(Srv *s, Req *r)
{
	r->fid = allocfid(s->fpool, r->ifcall.fid);
	if(r->fid == nil){
		respond(r, Edupfid);
		return;
	}
	if(r->ifcall.afid != NOFID){
		r->afid = lookupfid(s->fpool, r->ifcall.afid);
		if(r->afid == nil){
			respond(r, Eunknownfid);
			return;
		}
	}
	r->fid->uid = estrdup9p(r->ifcall.uname);
	if(s->tree != nil){
		r->fid->file = s->tree->root;
		incref(s->tree->root);
		r->ofcall.qid = s->tree->root->qid;
		r->fid->qid = r->ofcall.qid;
	}
	if(s->attach != nil)
		s->attach(r);
	else
		respond(r, nil);
}

static void
answerattach(Req *r)
{
	if(r->error != nil && r->fid != nil)
		closefid(removefid(r->srv->fpool, r->fid->fid));
}

static void
askflush(Srv *s, Req *r)
{
	r->oldreq = lookupreq(s->rpool, r->ifcall.oldtag);
	if(r->oldreq != nil && r->oldreq != r && s->flush != nil)
		s->flush(r);
	else
		respond(r, nil);
}

/* Is the answer to a flush to wait for that of what is flushed? */
static int
waitsforold(Req *r)
{
	Req *old;
	int waits;

	old = r->oldreq;
	if(old == nil || old == r)
		return 0;
	qlock(&old->lk);
	waits = !old->responded;
	if(waits){
		old->flush = erealloc9p(old->flush, (old->nflush+1)*sizeof old->flush[0]);
		old->flush[old->nflush++] = r;
	}
	qunlock(&old->lk);
	return waits;
}

static void
filewalk(Req *r)
{
	File *f;
	int i;

	f = r->fid->file;
	incref(f);
	for(i = 0; i < r->ifcall.nwname; i++){
		f = walkfile(f, r->ifcall.wname[i]);
		if(f == nil)
			break;
		r->ofcall.wqid[i] = f->qid;
	}
	r->ofcall.nwqid = i;
	if(f != nil){
		if(r->newfid->file != nil)
			closefile(r->newfid->file);
		r->newfid->file = f;
		r->newfid->qid = f->qid;
	}
	respond(r, nil);
}

static char*
srvwalk1(Fid *f, char *name, void *v)
{
	Srv *s;
	Qid q;
	char *err;

	s = v;
	err = s->walk1(f, name, &q);
	if(err == nil)
		f->qid = q;
	return err;
}

static char*
srvclone(Fid *old, Fid *new, void *v)
{
	Srv *s;

	s = v;
	return s->clone != nil ? s->clone(old, new) : nil;
}

static void
askwalk(Srv *s, Req *r)
{
	if(!hasfid(s, r))
		return;
	if(r->fid->omode != -1){
		respond(r, "cannot clone open fid");
		return;
	}
	if(r->ifcall.nwname != 0 && !(r->fid->qid.type&QTDIR)){
		respond(r, "walk in non-directory");
		return;
	}
	if(r->ifcall.newfid == r->ifcall.fid){
		incref(&r->fid->ref);
		r->newfid = r->fid;
	}else{
		r->newfid = allocfid(s->fpool, r->ifcall.newfid);
		if(r->newfid == nil){
			respond(r, Edupfid);
			return;
		}
		r->newfid->uid = estrdup9p(r->fid->uid);
	}
	if(r->fid->file != nil)
		filewalk(r);
	else if(s->walk1 != nil)
		walkandclone(r, srvwalk1, srvclone, s);
	else if(s->walk != nil)
		s->walk(r);
	else
		sysfatal("no walk function, no file trees");
}

/* A walk that went a part of the way is no error, but newfid is not there. */
static void
answerwalk(Req *r)
{
	int n;

	n = r->ofcall.nwqid;
	if(r->error == nil && n == r->ifcall.nwname){
		r->newfid->qid = n == 0 ? r->fid->qid : r->ofcall.wqid[n-1];
		return;
	}
	if(r->newfid != nil && r->newfid != r->fid)
		closefid(removefid(r->srv->fpool, r->newfid->fid));
	if(n != 0)
		r->error = nil;
	else if(r->error == nil)
		r->error = "file not found";
}

/* May the file of a fid be removed? */
static int
removable(Fid *f)
{
	int r;

	if(f->file == nil)
		return 1;
	rlock(f->file);
	r = f->file->parent == nil || hasperm(f->file->parent, f->uid, AWRITE);
	runlock(f->file);
	return r;
}

static char*
mayopen(Req *r)
{
	static uchar perms[] = {AREAD, AWRITE, AREAD|AWRITE, AEXEC};	/* by mode */
	Fid *f;
	int mode, perm;

	f = r->fid;
	mode = r->ifcall.mode;
	if(f->omode != -1)
		return Ebotch;
	if((f->qid.type&QTDIR) && (mode&~ORCLOSE) != OREAD)
		return "is a directory";
	if(f->file == nil)
		return nil;
	perm = perms[mode&OMASK];
	if(mode&OTRUNC)
		perm |= AWRITE;
	if(!hasperm(f->file, f->uid, perm))
		return Eperm;
	if((mode&ORCLOSE) && !removable(f))
		return Eperm;
	return nil;
}

static void
askopen(Srv *s, Req *r)
{
	char *err;

	if(!hasfid(s, r))
		return;
	err = mayopen(r);
	if(err != nil){
		respond(r, err);
		return;
	}
	r->ofcall.qid = r->fid->qid;
	if(r->fid->file != nil){
		r->ofcall.qid = r->fid->file->qid;
		if(r->ofcall.qid.type&QTDIR){
			r->fid->rdir = opendirfile(r->fid->file);
			if(r->fid->rdir == nil){
				respond(r, "opendirfile failed");
				return;
			}
		}
	}
	if(s->open != nil)
		s->open(r);
	else
		respond(r, nil);
}

static void
askcreate(Srv *s, Req *r)
{
	if(!hasfid(s, r))
		return;
	if(r->fid->omode != -1)
		respond(r, Ebotch);
	else if(!(r->fid->qid.type&QTDIR))
		respond(r, "create in non-directory");
	else if(r->fid->file != nil && !hasperm(r->fid->file, r->fid->uid, AWRITE))
		respond(r, Eperm);
	else if(s->create != nil)
		s->create(r);
	else
		respond(r, "create prohibited");
}

static uint
iounitof(Srv *s)
{
	return s->msize-IOHDRSZ;
}

/* Also for create. */
static void
answeropen(Req *r)
{
	if(r->error != nil)
		return;
	if(r->ofcall.iounit > iounitof(r->srv))
		r->ofcall.iounit = iounitof(r->srv);
	r->fid->qid = r->ofcall.qid;
	r->fid->omode = r->ifcall.mode;
	r->fid->diroffset = 0;
	if(r->fid->rdir == nil && r->fid->file != nil && (r->fid->qid.type&QTDIR))
		r->fid->rdir = opendirfile(r->fid->file);
}

/* An offset and a count that can be, and a fid that is open for it. */
static char*
mayio(Srv *s, Req *r, int write)
{
	int mode;

	if(r->fid->omode == -1)
		return Ebotch;
	mode = r->fid->omode&OMASK;
	if(mode != ORDWR && (mode == OWRITE) != write)
		return Ebotch;
	if(r->ifcall.offset < 0 || (int)r->ifcall.count < 0)
		return write || r->ifcall.offset >= 0 ? Ebotch : Ebadoffset;
	if(r->fid->qid.type&QTDIR){
		if(write)
			return Ebotch;
		if(r->ifcall.offset != 0 && r->ifcall.offset != r->fid->diroffset)
			return Ebadoffset;
	}
	if(r->ifcall.count > iounitof(s))
		r->ifcall.count = iounitof(s);
	return nil;
}

static void
askread(Srv *s, Req *r)
{
	char *err;

	if(!hasfid(s, r))
		return;
	err = mayio(s, r, 0);
	if(err != nil){
		respond(r, err);
		return;
	}
	r->rbuf = emalloc9p(r->ifcall.count+1);	/* never malloc(0) */
	r->ofcall.data = r->rbuf;
	if(r->fid->rdir != nil){
		r->ofcall.count = readdirfile(r->fid->rdir, r->rbuf, r->ifcall.count, r->ifcall.offset != 0);
		respond(r, nil);
	}else if(s->read != nil)
		s->read(r);
	else
		respond(r, "no srv->read");
}

static void
answerread(Req *r)
{
	if(r->error == nil && (r->fid->qid.type&QTDIR))
		r->fid->diroffset = r->ifcall.offset+r->ofcall.count;
}

static void
askwrite(Srv *s, Req *r)
{
	char *err;

	if(!hasfid(s, r))
		return;
	err = mayio(s, r, 1);
	if(err != nil)
		respond(r, err);
	else if(s->write != nil)
		s->write(r);
	else
		respond(r, "write prohibited");
}

static void
answerwrite(Req *r)
{
	if(r->error == nil && r->fid->file != nil)
		r->fid->file->qid.vers++;
}

static void
askclunk(Srv *s, Req *r)
{
	r->fid = removefid(s->fpool, r->ifcall.fid);
	respond(r, r->fid == nil ? Eunknownfid : nil);
}

/* The fid is gone, whatever comes of it. */
static void
askremove(Srv *s, Req *r)
{
	r->fid = removefid(s->fpool, r->ifcall.fid);
	if(r->fid == nil)
		respond(r, Eunknownfid);
	else if(!removable(r->fid))
		respond(r, Eperm);
	else if(s->remove != nil)
		s->remove(r);
	else
		respond(r, r->fid->file != nil ? nil : "remove prohibited");
}

static void
askstat(Srv *s, Req *r)
{
	File *f;

	if(!hasfid(s, r))
		return;
	f = r->fid->file;
	if(f != nil){
		rlock(f);
		r->d = f->Dir;
		r->d.name = estrdup9p(f->name);
		r->d.uid = estrdup9p(f->uid);
		r->d.gid = estrdup9p(f->gid);
		r->d.muid = estrdup9p(f->muid);
		runlock(f);
	}
	if(s->stat != nil)
		s->stat(r);
	else
		respond(r, f != nil ? nil : "stat prohibited");
}

static void
answerstat(Req *r)
{
	uint n;

	if(r->error != nil)
		return;
	n = sizeD2M(&r->d);
	r->ofcall.stat = emalloc9p(n);
	r->ofcall.nstat = convD2M(&r->d, r->ofcall.stat, n);
	if(r->ofcall.nstat <= BIT16SZ)
		r->error = "convD2M fails";
}

/* What stat(5) forbids for every file; all ones: not to be changed. */
static char*
maywstat(Req *r)
{
	Dir *d;
	Qid *q;
	int type;

	d = &r->d;
	q = &r->fid->qid;
	if(d->qid.path != ~(uvlong)0 && d->qid.path != q->path)
		return "wstat -- attempt to change qid.path";
	if(d->qid.vers != ~(ulong)0 && d->qid.vers != q->vers)
		return "wstat -- attempt to change qid.vers";
	type = q->type;
	if(d->mode != ~(ulong)0){
		if(d->mode & ~(DMDIR|DMAPPEND|DMEXCL|DMTMP|0777))
			return "wstat -- unknown bits in mode";
		type = d->mode>>24;
		if((type^q->type) & ~(QTAPPEND|QTEXCL|QTTMP))
			return "wstat -- attempt to change qid.type";
	}
	if(d->qid.type != (uchar)~0 && d->qid.type != type)
		return d->mode != ~(ulong)0 ? "wstat -- qid.type/mode mismatch" : "wstat -- attempt to change qid.type";
	return nil;
}

static void
askwstat(Srv *s, Req *r)
{
	char *err;

	if(!hasfid(s, r))
		return;
	if(s->wstat == nil){
		respond(r, "wstat prohibited");
		return;
	}
	if(convM2D(r->ifcall.stat, r->ifcall.nstat, &r->d, (char*)r->ifcall.stat) != r->ifcall.nstat)
		err = "bad directory in wstat";
	else
		err = maywstat(r);
	if(err != nil)
		respond(r, err);
	else
		s->wstat(r);
}

static Op ops[] = {	/* by half of type-Tversion */
	{askversion, answerversion},
	{askauth, answerauth},
	{askattach, answerattach},
	{nil, nil},
	{askflush, nil},
	{askwalk, answerwalk},
	{askopen, answeropen},
	{askcreate, answeropen},
	{askread, answerread},
	{askwrite, answerwrite},
	{askclunk, nil},
	{askremove, nil},	/* see respond */
	{askstat, answerstat},
	{askwstat, nil},
};

static Op*
opof(int type)
{
	int i;

	i = type-Tversion;
	return i >= 0 && i%2 == 0 && i/2 < nelem(ops) ? &ops[i/2] : nil;
}

/* nil: no more requests, or one that is none */
static Req*
getreq(Srv *s)
{
	Req *r;
	Fcall f;
	uchar *buf;
	int n;

	qlock(&s->rlock);
	n = read9pmsg(s->infd, s->rbuf, s->msize);
	if(n <= 0){
		qunlock(&s->rlock);
		return nil;
	}
	buf = emalloc9p(n);
	memmove(buf, s->rbuf, n);
	qunlock(&s->rlock);
	if(convM2S(buf, n, &f) != n){
		free(buf);
		return nil;
	}
	r = allocreq(s->rpool, f.tag);
	if(r == nil){	/* one that belongs to no pool: it is only answered */
		r = emalloc9p(sizeof *r);
		r->tag = f.tag;
		r->error = "duplicate tag";
	}
	r->srv = s;
	r->buf = buf;
	r->ifcall = f;
	r->type = f.type;
	if(chatty9p)
		fprint(2, "<-%d- %F%s%s\n", s->infd, &r->ifcall, r->error != nil ? ": " : "", r->error != nil ? r->error : "");
	return r;
}

static void
endsrv(Srv *s)
{
	if(s->rref.ref != 0 || s->sref.ref != 0)
		return;
	free(s->rbuf);
	free(s->wbuf);
	s->rbuf = s->wbuf = nil;
	s->msize = 0;
	freefidpool(s->fpool);
	s->fpool = nil;
	freereqpool(s->rpool);
	s->rpool = nil;
	if(s->free != nil)
		s->free(s);
}

/* Of the processes that are here, one at a time looks at a request; srvrelease lets the next one do so. */
static void
work(void *v)
{
	Srv *s;
	Req *r;
	Op *op;

	s = v;
	while((r = getreq(s)) != nil){
		incref(&s->rref);
		if(r->error != nil){
			respond(r, r->error);
			continue;
		}
		qlock(&s->slock);
		op = opof(r->ifcall.type);
		if(op == nil || op->ask == nil)
			respond(r, "unknown message");
		else
			op->ask(s, r);
		if(s->sref.ref > Enough && s->spid != getpid()){
			decref(&s->sref);
			qunlock(&s->slock);
			return;
		}
		qunlock(&s->slock);
	}
	if(s->end != nil && s->sref.ref == 1)
		s->end(s);
	if(decref(&s->sref) == 0)
		endsrv(s);
}

void
srvacquire(Srv *s)
{
	incref(&s->sref);
	qlock(&s->slock);
}

void
srvrelease(Srv *s)
{
	if(decref(&s->sref) == 0){
		incref(&s->sref);
		s->forker(work, s, 0);
	}
	qunlock(&s->slock);
}

void
srv(Srv *s)
{
	fmtinstall('D', dirfmt);
	fmtinstall('F', fcallfmt);
	s->spid = getpid();
	s->sref.ref = 1;
	s->rref.ref = 0;
	if(s->fpool == nil)
		s->fpool = allocfidpool(s->destroyfid);
	if(s->rpool == nil)
		s->rpool = allocreqpool(s->destroyreq);
	s->fpool->srv = s;
	s->rpool->srv = s;
	setmsize(s, s->msize != 0 ? s->msize : 8192+IOHDRSZ);
	if(s->forker == nil)
		s->forker = srvforker;
	if(s->start != nil)
		s->start(s);
	work(s);
}

static void
removenow(Req *r, char *err)
{
	Fid *f;

	f = r->fid;
	if(r->error != nil || f->file == nil)
		return;
	if(f->rdir != nil)
		closedirfile(f->rdir);
	f->rdir = nil;
	if(removefile(f->file) < 0){
		snprint(err, ERRMAX, "remove %s: %r", f->file->name);
		r->error = err;
	}
	f->file = nil;	/* removefile has taken the reference */
}

/* The tag is free before the answer is written, for the client may use it at once. */
static void
reply(Srv *s, Req *r)
{
	int n;

	qlock(&s->wlock);
	n = convS2M(&r->ofcall, s->wbuf, s->msize);
	if(n <= 0){
		fprint(2, "%s: msize = %ud n = %d %F\n", argv0, s->msize, n, &r->ofcall);
		abort();
	}
	if(r->pool != nil)
		closereq(removereq(r->pool, r->ifcall.tag));
	if(write(s->outfd, s->wbuf, n) != n)
		fprint(2, "%s: 9p write on fd %d: %r\n", argv0, s->outfd);
	qunlock(&s->wlock);
}

void
respond(Req *r, char *error)
{
	Srv *s;
	Op *op;
	char err[ERRMAX];
	int i;

	s = r->srv;
	assert(r->responded == 0);
	r->error = error;
	if(r->pool != nil){
		if(r->ifcall.type == Tflush && waitsforold(r))
			return;	/* reply to oldreq calls this again */
		op = opof(r->ifcall.type);
		if(op != nil && op->answer != nil)
			op->answer(r);
		if(r->ifcall.type == Tremove && r->fid != nil)
			removenow(r, err);
	}
	r->ofcall.tag = r->ifcall.tag;
	r->ofcall.type = r->ifcall.type+1;
	if(r->error != nil){
		if(r->ifcall.type == Tstat)
			free(r->ofcall.stat);
		r->ofcall.type = Rerror;
		r->ofcall.ename = r->error;
	}
	if(chatty9p)
		fprint(2, "-%d-> %F\n", s->outfd, &r->ofcall);
	reply(s, r);
	if(r->error != nil)
		r->ofcall.stat = nil;
	qlock(&r->lk);	/* no flush is added now */
	r->responded = 1;
	qunlock(&r->lk);
	for(i = 0; i < r->nflush; i++)
		respond(r->flush[i], nil);
	r->nflush = 0;
	if(r->pool != nil)
		closereq(r);
	else{
		free(r->buf);
		free(r);
	}
	if(decref(&s->rref) == 0)
		endsrv(s);
}

void
responderror(Req *r)
{
	char err[ERRMAX];

	rerrstr(err, sizeof err);
	respond(r, err);
}
