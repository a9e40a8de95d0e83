#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>
#include "tap.h"

/*
 * File servers; 9p(2), 9pfile(2), 9pfid(2), 9pqueue(2), 9pcmdbuf(2).  Two of
 * them are mounted and used: one has a tree of files in memory, the other
 * makes its files up.  lib9pt.c is the same with threads.
 */
typedef struct Text Text;
struct Text
{
	char	*s;
	long	n;
};

#ifdef THREADS
#define hear threadnotify
#else
#define hear atnotify
#endif

static Ref ntexts;	/* that are not destroyed */

static void
treeopen(Req *r)
{
	Text *t;

	t = r->fid->file->aux;
	if(t != nil && (r->ifcall.mode&OTRUNC)){
		t->n = 0;
		r->fid->file->length = 0;
	}
	respond(r, nil);
}

static void
treecreate(Req *r)
{
	File *f;
	Text *t;

	t = nil;
	if(!(r->ifcall.perm&DMDIR)){
		t = emalloc9p(sizeof *t);
		incref(&ntexts);
	}
	f = createfile(r->fid->file, r->ifcall.name, r->fid->uid, r->ifcall.perm, t);
	if(f == nil){
		responderror(r);
		return;
	}
	closefile(r->fid->file);
	r->fid->file = f;
	r->ofcall.qid = f->qid;
	respond(r, nil);
}

static void
treeread(Req *r)
{
	Text *t;

	t = r->fid->file->aux;
	readbuf(r, t->s, t->n);
	respond(r, nil);
}

static void
treewrite(Req *r)
{
	File *f;
	Text *t;
	long end;

	f = r->fid->file;
	t = f->aux;
	end = r->ifcall.offset+r->ifcall.count;
	if(end > t->n){
		t->s = erealloc9p(t->s, end);
		memset(t->s+t->n, 0, end-t->n);
		t->n = end;
		f->length = end;
	}
	memmove(t->s+r->ifcall.offset, r->ifcall.data, r->ifcall.count);
	r->ofcall.count = r->ifcall.count;
	respond(r, nil);
}

static void
treewstat(Req *r)
{
	File *f;

	f = r->fid->file;
	if(r->d.mode != ~(ulong)0)
		f->mode = r->d.mode;
	if(*r->d.name != '\0'){
		free(f->name);
		f->name = estrdup9p(r->d.name);
	}
	respond(r, nil);
}

/* ORCLOSE is the server's business. */
static void
treedestroy(Fid *f)
{
	if(f->omode == -1 || (f->omode&ORCLOSE) == 0 || f->file == nil)
		return;
	removefile(f->file);
	f->file = nil;
}

static void
forget(File *f)
{
	Text *t;

	t = f->aux;
	if(t == nil)
		return;
	free(t->s);
	free(t);
	decref(&ntexts);
}

static Srv tree = {
	.open = treeopen,
	.create = treecreate,
	.read = treeread,
	.write = treewrite,
	.wstat = treewstat,
	.destroyfid = treedestroy,
};

/* numbers: a directory of 0 to 9; ctl, which takes commands; slow, whose reads end when they are flushed */
enum
{
	Qroot,
	Qctl,
	Qslow,
	Qnumber,
	Nnumber = 10,
};

static char *names[] = {"/", "ctl", "slow"};
static Ref nauxs;	/* clones that were not destroyed */
#ifdef THREADS
static Reqqueue *queue;
#else
static Req *waiting;
#endif
static int volatile flushed;

static void
fill(Dir *d, int path)
{
	char name[16];

	snprint(name, sizeof name, "%d", path-Qnumber);
	d->qid = (Qid){path, 0, path == Qroot ? QTDIR : 0};
	d->mode = path == Qroot ? DMDIR|0555 : 0666;
	d->name = estrdup9p(path < Qnumber ? names[path] : name);
	d->uid = estrdup9p("nemo");
	d->gid = estrdup9p("sea");
	d->muid = estrdup9p("");
}

static void
madeattach(Req *r)
{
	if(strcmp(r->ifcall.aname, "") != 0){
		respond(r, "unknown specifier in attach");
		return;
	}
	r->ofcall.qid = (Qid){Qroot, 0, QTDIR};
	r->fid->qid = r->ofcall.qid;
	r->fid->aux = emalloc9p(1);
	incref(&nauxs);
	respond(r, nil);
}

static char*
madewalk1(Fid *f, char *name, Qid *q)
{
	int i;

	if(f->qid.path != Qroot)
		return "not a directory";
	*q = (Qid){Qroot, 0, QTDIR};
	if(strcmp(name, "..") != 0){
		q->type = 0;
		if(name[0] >= '0' && name[0] <= '9' && name[1] == '\0')
			q->path = Qnumber+name[0]-'0';
		else{
			for(i = Qctl; i < Qnumber && strcmp(names[i], name) != 0; i++)
				;
			if(i == Qnumber)
				return "no such number";
			q->path = i;
		}
	}
	f->qid = *q;
	return nil;
}

static char*
madeclone(Fid *old, Fid *new)
{
	if(old->aux == nil)
		return "nothing to clone";
	new->aux = emalloc9p(1);
	incref(&nauxs);
	return nil;
}

static void
madedestroy(Fid *f)
{
	if(f->aux == nil)
		return;
	free(f->aux);
	decref(&nauxs);
}

static int
gen(int i, Dir *d, void *v)
{
	USED(v);
	if(i >= Qnumber-1+Nnumber)
		return -1;
	fill(d, i+1);
	return 0;
}

#ifdef THREADS
static void
slowly(Req *r)
{
	if(sleep(60*1000) < 0)
		flushed++;
	respond(r, flushed ? "interrupted" : nil);
}

/* In the server: its descriptors are not those of procs that were there before. */
static void
madestart(Srv *s)
{
	USED(s);
	queue = reqqueuecreate();
}

static void
madeend(Srv *s)
{
	USED(s);
	reqqueuefree(queue);
}
#endif

static void
maderead(Req *r)
{
	char text[32];

	switch((int)r->fid->qid.path){
	case Qroot:
		dirread9p(r, gen, nil);
		break;
	case Qslow:
#ifdef THREADS
		reqqueuepush(queue, r, slowly);
#else
		waiting = r;
#endif
		return;
	default:
		snprint(text, sizeof text, "number %d\n", (int)r->fid->qid.path-Qnumber);
		readstr(r, text);
		break;
	}
	respond(r, nil);
}

static void
madeflush(Req *r)
{
#ifdef THREADS
	reqqueueflush(queue, r->oldreq);
#else
	if(r->oldreq == waiting){
		flushed++;
		respond(waiting, "interrupted");
		waiting = nil;
	}
#endif
	respond(r, nil);
}

static Cmdtab cmds[] = {
	{0, "add", 3},
	{1, "say", 0},
};

static void
madewrite(Req *r)
{
	Cmdbuf *cb;
	Cmdtab *t;

	if(r->fid->qid.path != Qctl){
		respond(r, "not a ctl file");
		return;
	}
	cb = parsecmd(r->ifcall.data, r->ifcall.count);
	t = lookupcmd(cb, cmds, nelem(cmds));
	r->ofcall.count = r->ifcall.count;
	if(t == nil)
		respondcmderror(r, cb, "%r");
	else if(t->index == 0 && atoi(cb->f[1])+atoi(cb->f[2]) != 5)
		respond(r, "not five");
	else
		respond(r, nil);
	free(cb);
}

static void
madestat(Req *r)
{
	fill(&r->d, r->fid->qid.path);
	respond(r, nil);
}

static Srv made = {
#ifdef THREADS
	.start = madestart,
	.end = madeend,
#endif
	.attach = madeattach,
	.walk1 = madewalk1,
	.clone = madeclone,
	.destroyfid = madedestroy,
	.read = maderead,
	.write = madewrite,
	.flush = madeflush,
	.stat = madestat,
};

static char*
contents(char *file)
{
	static char buf[256];
	int fd, n;

	fd = open(file, OREAD);
	if(fd < 0){
		snprint(buf, sizeof buf, "%r");
		return buf;
	}
	n = readn(fd, buf, sizeof buf-1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

/* Does the last error end like this? */
static int
because(char *why)
{
	char err[ERRMAX];
	int n;

	rerrstr(err, sizeof err);
	n = strlen(err)-strlen(why);
	if(n >= 0 && strcmp(err+n, why) == 0)
		return 1;
	if(strstr(err, why) != nil)
		return 1;
	print("# got \"%s\"\n", err);
	return 0;
}

static void
trees(void)
{
	Dir *d, w;
	char *s;
	int fd, i, n;

	fd = create("/mnt/note", ORDWR, 0640);
	ok(fd >= 0, "create a file");
	is(write(fd, "hello, world\n", 13), 13, "write it");
	is(pwrite(fd, "W", 1, 7), 1, "at an offset");
	is(pread(fd, (char[32]){0}, 32, 13), 0, "at its end there is nothing");
	close(fd);
	same(contents("/mnt/note"), "hello, World\n", "read it");
	d = dirstat("/mnt/note");
	ok(d != nil && strcmp(d->name, "note") == 0 && d->length == 13 && d->mode == 0640, "stat it");
	ok(d != nil && d->qid.vers == 2 && d->qid.type == 0, "its version counts writes");
	ok(d != nil && strcmp(d->uid, getuser()) == 0, "it is the user's");
	free(d);
	fd = open("/mnt/note", OWRITE|OTRUNC);
	d = dirfstat(fd);
	ok(d != nil && d->length == 0, "OTRUNC empties it");
	free(d);
	close(fd);
	is(open("/mnt/nothing", OREAD), -1, "a file that is not there");
	ok(because("file not found"), "is not found");
	is(open("/mnt/note/below", OREAD), -1, "a file is no directory");

	fd = create("/mnt/dir", OREAD, DMDIR|0755);
	ok(fd >= 0, "create a directory");
	close(fd);
	for(i = 0; i < 30; i++){
		s = smprint("/mnt/dir/%d", i);
		fd = create(s, OWRITE, 0600);
		close(fd);
		free(s);
	}
	fd = open("/mnt/dir", OREAD);
	n = dirreadall(fd, &d);
	is(n, 30, "read it");
	for(i = 0; i < n && atoi(d[i].name) == i; i++)
		;
	is(i, 30, "in the order of creation");
	free(d);
	is(remove("/mnt/dir/7"), 0, "remove a file while the directory is read");
	seek(fd, 0, 0);
	n = dirreadall(fd, &d);
	is(n, 29, "one is missing");
	free(d);
	close(fd);
	is(remove("/mnt/dir"), -1, "a directory that is not empty cannot be removed");
	ok(because("has children"), "because it has children");
	same(contents("/mnt/dir/../dir/./8"), "", "dot-dot");
	is(open("/mnt/dir", OWRITE), -1, "a directory is not written");

	nulldir(&w);
	w.name = "renamed";
	ok(dirwstat("/mnt/note", &w) > 0, "wstat");
	ok(access("/mnt/note", AEXIST) < 0 && access("/mnt/renamed", AEXIST) == 0, "renames it");
	nulldir(&w);
	w.mode = 0;
	ok(dirwstat("/mnt/renamed", &w) > 0, "wstat of the mode");
	is(open("/mnt/renamed", OREAD), -1, "which forbids to open it");
	ok(because("permission denied"), "permission denied");
	fd = create("/mnt/shortlived", ORDWR|ORCLOSE, 0600);
	close(fd);
	ok(access("/mnt/shortlived", AEXIST) < 0, "ORCLOSE removes it");
	for(i = 0; i < 30; i++){
		s = smprint("/mnt/dir/%d", i);
		remove(s);
		free(s);
	}
	is(remove("/mnt/dir"), 0, "empty, it can be removed");
	is(remove("/mnt/renamed"), 0, "and the first file");
	for(i = 0; i < 100 && ntexts.ref != 0; i++)
		sleep(1);
	is(ntexts.ref, 0, "all files are destroyed");
}

static int
catch(void *v, char *s)
{
	USED(v);
	return strcmp(s, "alarm") == 0;
}

static void
ctl(char *text, char *why, char *name)
{
	int fd, n;

	fd = open("/n/ctl", OWRITE);
	n = write(fd, text, strlen(text));
	if(why == nil)
		is(n, strlen(text), name);
	else
		ok(n < 0 && because(why), name);
	close(fd);
}

static void
madeup(void)
{
	Dir *d;
	char err[ERRMAX], *buf;
	int fd, i, n;

	same(contents("/n/4"), "number 4\n", "a file that is made up");
	is(open("/n/44", OREAD), -1, "one that is not");
	ok(because("no such number"), "the error is the server's");
	fd = open("/n", OREAD);
	buf = malloc(1024);
	n = 0;
	while((i = dirread(fd, &d)) > 0){
		n += i;
		free(d);
	}
	is(n, Qnumber-1+Nnumber, "dirread9p");
	seek(fd, 0, 0);
	i = read(fd, buf, 200);
	ok(i > 0 && i < 200, "whole entries only");
	i = read(fd, buf, 200);
	ok(i > 0 && i < 200, "and the next ones");
	free(buf);
	close(fd);
	d = dirstat("/n/9");
	ok(d != nil && strcmp(d->name, "9") == 0 && strcmp(d->uid, "nemo") == 0 && strcmp(d->gid, "sea") == 0, "stat");
	free(d);
	fd = open("/n/5", OWRITE);
	is(write(fd, "x", 1), -1, "a write is refused");
	ok(because("not a ctl file"), "by the server");
	close(fd);
	is(remove("/n/5"), -1, "no function for it: refused");
	ok(because("remove prohibited"), "by the library");
	is(create("/n/new", OREAD, 0666), -1, "nothing is created");
	ok(because("create prohibited"), "either");
	ctl("add 2 3\n", nil, "a command");
	ctl("say 'a long' story", nil, "one with any number of words");
	ctl("add 2 2", "not five", "one that fails");
	ctl("add 2", "bad # args to command: \"add 2\"", "too few words");
	ctl("sub 2 'x y'", "unknown control message: \"sub 2 'x y'\"", "an unknown one");

	fd = open("/n/slow", OREAD);
	hear(catch, 1);
	alarm(100);
	err[0] = '\0';
	is(read(fd, err, 10), -1, "an alarm ends a slow read");
	alarm(0);
	hear(catch, 0);
	is(flushed, 1, "the server was told");
	close(fd);
	is(unmount(nil, "/n"), 0, "unmount");
	for(i = 0; i < 200 && nauxs.ref != 0; i++)
		sleep(5);
	is(nauxs.ref, 0, "all fids are destroyed");
}

static void
maps(void)
{
	Intmap *m;
	Tree *t;
	File *f, *g;
	int i, good;

	m = allocmap(nil);
	good = 1;
	for(i = 0; i < 500; i++)
		good &= caninsertkey(m, i*7, (void*)(uintptr)(i+1));
	for(i = 0; i < 500; i++)
		good &= lookupkey(m, i*7) == (void*)(uintptr)(i+1);
	ok(good, "a map of numbers");
	ok(!caninsertkey(m, 7, m), "has a key once");
	ok(insertkey(m, 7, m) == (void*)2 && deletekey(m, 7) == m && lookupkey(m, 7) == nil, "replaces and deletes");
	freemap(m, nil);

	t = alloctree("a", "b", 0750, nil);
	f = createfile(t->root, "d", "a", DMDIR|0700, nil);
	closefile(f);
	f = createfile(t->root, "d/file", "c", 0640, nil);
	ok(f != nil && strcmp(f->name, "file") == 0 && strcmp(f->gid, "b") == 0, "createfile with a path");
	ok(hasperm(f, "c", AREAD|AWRITE) && !hasperm(f, "c", AEXEC), "hasperm: the owner");
	ok(hasperm(f, "b", AREAD) && !hasperm(f, "b", AWRITE), "the group");
	ok(!hasperm(f, "x", AREAD), "others");
	incref(t->root);
	g = walkfile(t->root, "d/file/../file");
	ok(g == f, "walkfile");
	closefile(g);
	is(removefile(f), 0, "removefile");
	incref(t->root);
	ok(walkfile(t->root, "d/file") == nil, "it is gone");
	freetree(t);
}

static void
all(int argc, char **argv)
{
	maps();
	chatty9p = argc > 1 && strcmp(argv[1], "-D") == 0;
	tree.tree = alloctree(nil, nil, 0777, forget);
#ifdef THREADS
	threadpostmountsrv(&tree, "lib9p.tree", "/mnt", MREPL|MCREATE);
	threadpostmountsrv(&made, nil, "/n", MREPL|MCREATE);
#else
	postmountsrv(&tree, "lib9p.tree", "/mnt", MREPL|MCREATE);
	postmountsrv(&made, nil, "/n", MREPL|MCREATE);
#endif
	ok(access("/srv/lib9p.tree", AEXIST) == 0, "a name in /srv");
	trees();
	madeup();
	is(unmount(nil, "/mnt"), 0, "unmount the tree");
	print("1..%d\n", tapcount);
}

#ifdef THREADS
int mainstacksize = 32*1024;

void
threadmain(int argc, char **argv)
{
	all(argc, argv);
	threadexitsall(tapfailed == 0 ? nil : "failed");
}
#else
void
main(int argc, char **argv)
{
	all(argc, argv);
	exits(tapfailed == 0 ? nil : "failed");
}
#endif
