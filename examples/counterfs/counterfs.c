#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>	/* 9p.h wants it, though nothing here is a thread */
#include <9p.h>

/*
 * A file server.  It has a directory of counters: a file that is created is
 * one, each read of it from the start counts, a number that is written sets
 * it.  Then this program uses it, as any other could through /n/counter.
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

	if(r->ifcall.perm&DMDIR){
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

/* Directories are read by the library, which also looks at permissions. */
static void
counterread(Req *r)
{
	Counter *c;

	c = r->fid->file->aux;
	if(r->ifcall.offset == 0)
		snprint(c->text, sizeof c->text, "%d\n", ++c->n);
	readstr(r, c->text);
	respond(r, nil);
}

static void
counterwrite(Req *r)
{
	Counter *c;
	char buf[16];
	int n;

	c = r->fid->file->aux;
	n = r->ifcall.count;
	if(n >= sizeof buf){
		respond(r, "number too long");
		return;
	}
	memmove(buf, r->ifcall.data, n);	/* data has no NUL */
	buf[n] = '\0';
	c->n = atoi(buf);
	r->ofcall.count = n;
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
show(char *file)
{
	char buf[64];
	int fd, n;

	fd = open(file, OREAD);
	if(fd < 0)
		sysfatal("open: %r");
	n = readn(fd, buf, sizeof buf);
	close(fd);
	if(n < 0)
		sysfatal("read %s: %r", file);
	print("%s: %.*s", file, n, buf);
}

static void
usage(void)
{
	fprint(2, "usage: %s [-D]\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	Dir *d;
	int fd, i, n;

	ARGBEGIN{
	case 'D':
		chatty9p++;	/* shows every message */
		break;
	default:
		usage();
	}ARGEND

	counters.tree = alloctree(nil, nil, 0777, counterdestroy);
	postmountsrv(&counters, nil, "/n", MREPL|MCREATE);	/* the server is a child from here on */

	fd = create("/n/apples", OWRITE, 0666);
	if(fd < 0)
		sysfatal("create: %r");
	fprint(fd, "41");
	close(fd);
	close(create("/n/pears", OREAD, 0444));
	show("/n/apples");
	show("/n/apples");
	show("/n/pears");
	if(open("/n/pears", OWRITE) < 0)
		print("%r\n");

	fd = open("/n", OREAD);
	n = dirreadall(fd, &d);
	for(i = 0; i < n; i++)
		print("%s %luo\n", d[i].name, d[i].mode);
	exits(nil);	/* nobody has the server's files open any longer: it ends, too */
}
