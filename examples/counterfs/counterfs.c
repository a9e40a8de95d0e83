#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>	/* 9p.h wants it, though nothing here is a thread */
#include <9p.h>

/*
 * A file server: a directory of counters, mounted before what is in /n or the
 * directory named, and posted in /srv if -s says so.  A file that is created is a
 * counter; each read of it from its start counts, a number that is written sets
 * it.  -D shows the messages.
 *
 * No kernel module and no privilege is needed.  The library has a tree of files
 * with names, owners and permissions, and calls the functions in Srv for what
 * only the server knows.  They answer with respond: nil, or what went wrong.
 */
typedef struct Counter Counter;
struct Counter
{
	int	n;
	char	text[16];	/* what is being read: a read may come in pieces */
};

static void
countercreate(Req *r)
{
	File *f;
	Counter *c;

	if(r->ifcall.perm & DMDIR){
		respond(r, "only counters can be created");
		return;
	}
	c = emalloc9p(sizeof *c);
	f = createfile(r->fid->file, r->ifcall.name, r->fid->uid, r->ifcall.perm, c);
	if(f == nil){
		free(c);
		responderror(r);
		return;
	}
	closefile(r->fid->file);	/* the fid was the directory's, now it is the file's */
	r->fid->file = f;
	r->ofcall.qid = f->qid;
	respond(r, nil);
}

/* Directories are read by the library. */
static void
counterread(Req *r)
{
	Counter *c;

	c = r->fid->file->aux;
	if(r->ifcall.offset == 0)
		snprint(c->text, sizeof c->text, "%d\n", ++c->n);
	readstr(r, c->text);	/* what is asked for of it */
	respond(r, nil);
}

static void
counterwrite(Req *r)
{
	Counter *c;
	char buf[16], *end;
	int n;

	n = r->ifcall.count;
	if(n >= sizeof buf){
		respond(r, "number too long");
		return;
	}
	memmove(buf, r->ifcall.data, n);	/* data has no NUL */
	buf[n] = '\0';
	n = strtol(buf, &end, 10);
	if(end == buf || (*end != '\n' && *end != '\0')){
		respond(r, "not a number");
		return;
	}
	c = r->fid->file->aux;
	c->n = n;
	r->ofcall.count = r->ifcall.count;
	respond(r, nil);
}

static void
counterdestroy(File *f)
{
	free(f->aux);
}

static Srv counters = {
	.create = countercreate,
	.read = counterread,
	.write = counterwrite,
};

static void
usage(void)
{
	fprint(2, "usage: %s [-D] [-s name] [directory]\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	char *name;

	name = nil;
	ARGBEGIN{
	case 'D':
		chatty9p++;
		break;
	case 's':
		name = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc > 1)
		usage();

	counters.tree = alloctree(nil, nil, DMDIR|0777, counterdestroy);
	/*
	 * The server is a child from here on.  This process may end: who started
	 * it shares its name space, and so has the mount.  Mounts are not the
	 * machine's, each group of processes has its own.
	 */
	postmountsrv(&counters, name, argc > 0 ? argv[0] : "/n", MBEFORE|MCREATE);
	exits(nil);
}
