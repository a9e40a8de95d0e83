#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "child.h"

/* Dirs and stat entries, messages of 9P, directories, files by name. */
static void
marshalling(void)
{
	uchar buf[300], again[300];
	char strings[300];
	Dir d, e;
	uint n, i;

	memset(&d, 0, sizeof d);
	d.type = 'M';
	d.dev = 0x12345678;
	d.qid.path = 0x0123456789abcdefULL;
	d.qid.vers = 0xfedcba98;
	d.qid.type = QTDIR|QTTMP;
	d.mode = DMDIR|0755;
	d.atime = 0x80000001;
	d.mtime = 0xffffffff;
	d.length = 0x7fffffffffffffff;
	d.name = "name";
	d.uid = "glenda";
	d.gid = "";
	d.muid = nil;
	n = sizeD2M(&d);
	is(n, STATFIXLEN+4+6, "sizeD2M");
	is(convD2M(&d, buf, sizeof buf), n, "convD2M");
	is(GBIT16(buf), n-2, "it begins with the size of the rest");
	is(statcheck(buf, n), 0, "statcheck");
	is(statcheck(buf, n-1), -1, "of too few bytes");
	is(statcheck(buf, n+1), -1, "of too many");
	is(convM2D(buf, n, &e, strings), n, "convM2D");
	ok(e.type == d.type && e.dev == d.dev && e.qid.path == d.qid.path && e.qid.vers == d.qid.vers
		&& e.qid.type == d.qid.type && e.mode == d.mode && e.atime == d.atime && e.mtime == d.mtime
		&& e.length == d.length, "numbers come back");
	ok(strcmp(e.name, "name") == 0 && strcmp(e.uid, "glenda") == 0 && *e.gid == '\0' && *e.muid == '\0', "strings");
	is(convD2M(&e, again, sizeof again), n, "and back again");
	is(memcmp(buf, again, n), 0, "to the same bytes");
	for(i = 0; i < n; i++)
		if(convM2D(buf, i, &e, strings) != 0)
			break;
	is(i, n, "no shorter entry is one");
	is(convM2D(buf, n, &e, nil), n, "convM2D without room for strings");
	same(e.name, "", "has empty ones");
	memset(again, 0, sizeof again);
	is(convD2M(&d, again, n-1), BIT16SZ, "convD2M without room");
	is(GBIT16(again), n-2, "says how much it wants");
	is(convD2M(&d, again, 1), 0, "if it can");
	nulldir(&d);
	n = convD2M(&d, buf, sizeof buf);
	is(n, STATFIXLEN, "nulldir has empty strings");
	for(i = 2; i < STATFIXLEN-8 && buf[i] == 0xff; i++)
		;
	is(i, STATFIXLEN-8, "and all ones");
}

/* A message there and back: the same bytes, and not from fewer. */
static void
message(Fcall *f, char *text)
{
	uchar buf[512], copy[512], again[512];
	char said[512], what[64];
	uint n, i;
	Fcall g;
	int good;

	snprint(said, sizeof said, "%F", f);
	snprint(what, sizeof what, "%.20s", text);
	same(said, text, what);
	n = sizeS2M(f);
	good = n > 0 && convS2M(f, buf, sizeof buf) == n && GBIT32(buf) == n;
	good &= convS2M(f, again, n-1) == 0;
	for(i = 0; i < n; i++){
		memmove(copy, buf, n);
		good &= convM2S(copy, i, &g) == 0;
	}
	memmove(copy, buf, n);
	good &= convM2S(copy, n, &g) == n && g.type == f->type && g.tag == f->tag;
	good &= convS2M(&g, again, sizeof again) == n && memcmp(buf, again, n) == 0;
	snprint(what, sizeof what, "message %d there and back", f->type);
	ok(good, what);
}

static Fcall f;

static Fcall*
new(int type)
{
	memset(&f, 0, sizeof f);
	f.type = type;
	f.tag = 0x1234;
	f.fid = 7;
	return &f;
}

static void
messages(void)
{
	uchar buf[200];
	Dir d;
	int i;

	fmtinstall('F', fcallfmt);
	fmtinstall('D', dirfmt);
	fmtinstall('M', dirmodefmt);
	new(Tversion)->msize = 8192;
	f.version = VERSION9P;
	message(&f, "Tversion tag 4660 msize 8192 version '9P2000'");
	f.type = Rversion;
	message(&f, "Rversion tag 4660 msize 8192 version '9P2000'");
	new(Tauth)->afid = 3;
	f.uname = "glenda";
	f.aname = "";
	message(&f, "Tauth tag 4660 afid 3 uname glenda aname ");
	new(Rauth)->aqid = (Qid){1, 2, QTAUTH};
	message(&f, "Rauth tag 4660 qid (0000000000000001 2 A)");
	new(Tattach)->afid = NOFID;
	f.uname = "glenda";
	f.aname = "main";
	message(&f, "Tattach tag 4660 fid 7 afid -1 uname glenda aname main");
	new(Rattach)->qid = (Qid){0xabcdef, 0xffffffff, QTDIR};
	message(&f, "Rattach tag 4660 qid (0000000000abcdef 4294967295 d)");
	new(Rerror)->ename = "no such luck";
	message(&f, "Rerror tag 4660 ename no such luck");
	new(Tflush)->oldtag = 9;
	message(&f, "Tflush tag 4660 oldtag 9");
	message(new(Rflush), "Rflush tag 4660");
	new(Twalk)->newfid = 8;
	f.nwname = 2;
	f.wname[0] = "usr";
	f.wname[1] = "glenda";
	message(&f, "Twalk tag 4660 fid 7 newfid 8 nwname 2 0:usr 1:glenda ");
	f.nwname = MAXWELEM+1;
	is(convS2M(&f, buf, sizeof buf), 0, "no more than sixteen names");
	new(Rwalk)->nwqid = 1;
	f.wqid[0] = (Qid){5, 6, QTAPPEND|QTEXCL};
	message(&f, "Rwalk tag 4660 nwqid 1 0:(0000000000000005 6 al) ");
	new(Topen)->mode = ORDWR|OTRUNC;
	message(&f, "Topen tag 4660 fid 7 mode 18");
	new(Ropen)->iounit = 8168;
	f.qid = (Qid){5, 6, 0};
	message(&f, "Ropen tag 4660 qid (0000000000000005 6 ) iounit 8168 ");
	new(Tcreate)->name = "new";
	f.perm = DMDIR|0755;
	f.mode = OREAD;
	message(&f, "Tcreate tag 4660 fid 7 name new perm 020000000755 mode 0");
	new(Rcreate)->qid = (Qid){5, 6, 0};
	message(&f, "Rcreate tag 4660 qid (0000000000000005 6 ) iounit 0 ");
	new(Tread)->offset = 1LL<<40;
	f.count = 100;
	message(&f, "Tread tag 4660 fid 7 offset 1099511627776 count 100");
	new(Rread)->count = 5;
	f.data = "hello";
	message(&f, "Rread tag 4660 count 5 'hello'");
	new(Twrite)->count = 5;
	f.data = "\1\2\3\4\5";
	message(&f, "Twrite tag 4660 fid 7 offset 0 count 5 '01020304 05'");
	new(Rwrite)->count = 5;
	message(&f, "Rwrite tag 4660 count 5");
	message(new(Tclunk), "Tclunk tag 4660 fid 7");
	message(new(Rclunk), "Rclunk tag 4660");
	message(new(Tremove), "Tremove tag 4660 fid 7");
	message(new(Rremove), "Rremove tag 4660");
	message(new(Tstat), "Tstat tag 4660 fid 7");
	memset(&d, 0, sizeof d);
	d.name = "n";
	d.uid = "u";
	d.gid = "g";
	d.muid = "m";
	d.mode = 0644;
	d.length = 3;
	new(Rstat)->nstat = convD2M(&d, buf, sizeof buf);
	f.stat = buf;
	message(&f, "Rstat tag 4660  stat 'n' 'u' 'g' 'm' q (0000000000000000 0 ) m 0644 at 0 mt 0 l 3 t 0 d 0");
	f.type = Twstat;
	message(&f, "Twstat tag 4660 fid 7 stat 'n' 'u' 'g' 'm' q (0000000000000000 0 ) m 0644 at 0 mt 0 l 3 t 0 d 0");
	message(new(Rwstat), "Rwstat tag 4660");
	for(i = 0; i < 256; i++){
		new(i);
		if((i < Tversion || i >= Tmax || i == Terror) && sizeS2M(&f) != 0)
			break;
	}
	is(i, 256, "there are no other messages");
	snprint((char*)buf, sizeof buf, "%M %M %M", (ulong)DMDIR|0755, (ulong)DMAPPEND|DMEXCL|0421, (ulong)0);
	same((char*)buf, "d-rwxr-xr-x alr---w---x -----------", "%M");
}

static void
directories(void)
{
	char name[64], *wide;
	Dir *d, *e;
	long n, i, all;
	int fd, found;

	fd = create("conf.dir", OREAD, DMDIR|0777);
	ok(fd >= 0, "a directory");
	close(fd);
	wide = "conf.dir/a-long-name-that-does-not-fit-into-the-first-buffer-of-dirstat-which-is-113-bytes-long";
	fd = create(wide, OWRITE, 0644);
	write(fd, "twelve bytes", 12);
	d = dirfstat(fd);
	ok(d != nil && strcmp(d->name, wide+9) == 0 && d->length == 12, "dirfstat");
	close(fd);
	e = dirstat(wide);
	ok(e != nil && strcmp(e->name, d->name) == 0 && e->qid.path == d->qid.path && (e->mode & 0777) == 0644,
		"dirstat");
	free(d);
	free(e);
	for(i = 0; i < 20; i++){
		snprint(name, sizeof name, "conf.dir/%ld", i);
		close(create(name, OWRITE, 0666));
	}
	fd = open("conf.dir", OREAD);
	n = dirreadall(fd, &d);
	is(n, 21, "dirreadall");
	for(found = i = 0; i < n; i++)
		found |= atoi(d[i].name) < 20 && d[i].name[0] != 'a' ? 1 << atoi(d[i].name) : 0;
	is(found, (1<<20)-1, "has all names");
	free(d);
	is(dirread(fd, &d), 0, "dirread at the end");
	ok(d == nil, "gives nothing");
	seek(fd, 0, 0);
	for(all = 0; (n = dirread(fd, &d)) > 0; all += n)
		free(d);
	is(all, 21, "dirread, as often as it takes");
	close(fd);
	is(dirread(77, &d), -1, "dirread of nothing");
	ok(dirstat("conf.dir/nothing") == nil, "dirstat of what is not there");
	error();
	nulldir(d = malloc(sizeof *d));
	d->mode = 0600;
	ok(dirwstat("conf.dir/3", d) > 0, "dirwstat");
	e = dirstat("conf.dir/3");
	is(e->mode & 0777, 0600, "changes the mode");
	free(e);
	nulldir(d);
	d->name = "three";
	fd = open("conf.dir/3", OREAD);
	ok(dirfwstat(fd, d) > 0, "dirfwstat");
	close(fd);
	free(d);
	is(access("conf.dir/three", AEXIST), 0, "changes the name");
	is(access("conf.dir/3", AEXIST), -1, "access of what is not there");
	is(access("conf.dir/three", AREAD), 0, "access to read");
	is(access("conf.dir/three", AREAD|AWRITE), 0, "and write");
	is(access("conf.dir", AWRITE), -1, "nobody writes a directory");
	remove("conf.dir/three");
	remove(wide);
	for(i = 0; i < 20; i++){
		snprint(name, sizeof name, "conf.dir/%ld", i);
		remove(name);
	}
	is(remove("conf.dir"), 0, "and is gone");
}

static void
vectors(void)
{
	char a[4], b[8], c[20];
	IOchunk io[] = {{a, 3}, {b, 0}, {c, 9}};
	int fd, p[2];
	uchar *m;

	memmove(a, "abc", 3);
	memmove(c, "defghijkl", 9);
	fd = create("conf.v", ORDWR, 0666);
	is(writev(fd, io, 3), 12, "writev");
	is(pwritev(fd, io, 1, 12), 3, "pwritev");
	memset(a, 0, sizeof a);
	memset(c, 0, sizeof c);
	seek(fd, 0, 0);
	is(readv(fd, io, 3), 12, "readv");
	ok(memcmp(a, "abc", 3) == 0 && memcmp(c, "defghijkl", 9) == 0, "gives the same");
	memset(c, 0, sizeof c);
	is(preadv(fd, io, 3, 10), 5, "preadv at the end");
	ok(memcmp(a, "kla", 3) == 0 && memcmp(c, "bc", 3) == 0, "fills what there is");
	is(pread(fd, c, 20, 100), 0, "nothing behind the end");
	close(fd);
	remove("conf.v");
	pipe(p);
	write(p[0], "one", 3);
	write(p[0], "two", 3);
	is(readn(p[1], c, 6), 6, "readn takes what it needs");
	new(Tflush)->oldtag = 5;
	m = malloc(100);
	write(p[0], m, convS2M(&f, m, 100));
	memset(m, 0, 100);
	is(read9pmsg(p[1], m, 100), 9, "read9pmsg");
	write(p[0], "\377\0\0\0", 4);
	fails(read9pmsg(p[1], m, 100), "bad length in 9P2000 message header", "read9pmsg of what is too long");
	close(p[0]);
	is(read9pmsg(p[1], m, 100), 0, "read9pmsg at the end");
	close(p[1]);
	free(m);
}

static void
networks(void)
{
	char net[40];

	same(netmkaddr("host", "tcp", "9fs"), "tcp!host!9fs", "netmkaddr: all");
	same(netmkaddr("host", nil, "9fs"), "net!host!9fs", "no network");
	same(netmkaddr("host", nil, nil), "net!host", "nothing");
	same(netmkaddr("il!host", "tcp", "9fs"), "il!host!9fs", "a network already");
	same(netmkaddr("il!host!x", "tcp", "9fs"), "il!host!x", "everything already");
	setnetmtpt(net, sizeof net, nil);
	same(net, "/net", "setnetmtpt");
	setnetmtpt(net, sizeof net, ".alt");
	same(net, "/net.alt", "with a suffix");
	setnetmtpt(net, sizeof net, "/n/x");
	same(net, "/n/x", "or a name");
	if(needs(access("/net/tcp", AEXIST) < 0, 5, "no network")){
		is(dial("tcp!127.1!7", nil, nil, nil), -1, "dial without a network");
		like(error(), "*file does not exist*", "says so");
		is(announce("tcp!*!7", net), -1, "announce as well");
		like(error(), "announce opening /net/tcp/clone: *", "says so");
		fails(listen("/net/tcp/0", net), "listen opening /net/tcp/0/listen: file does not exist: '/net/tcp'", "listen");
	}
	fails(announce("7", net), "bad dial string: 7", "announce of no address");
	ok(getnetconninfo("/x", -1) == nil, "getnetconninfo of nothing");
	freenetconninfo(nil);
}

/* Files in the place of a network: what a program writes to them stays there. */
static void
put(char *name, char *text)
{
	char file[64];
	int fd;

	snprint(file, sizeof file, "/tmp/conf.net%s", name);
	fd = create(file, text == nil ? OREAD : OWRITE, text == nil ? DMDIR|0777 : 0666);
	if(text != nil)
		write(fd, text, strlen(text));
	close(fd);
}

static void
wrote(char *name, char *want, char *what)
{
	char file[64], text[64];
	int fd, n;

	snprint(file, sizeof file, "/tmp/conf.net%s", name);
	fd = open(file, OREAD);
	n = read(fd, text, sizeof text - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	same(text, want, what);
}

static void
calls(void)
{
	static char *files[] = {"/tcp/clone", "/tcp/5/ctl", "/tcp/5/data", "/tcp/5/listen", "/tcp/5/local", "/tcp/5/remote", "/cs"};
	static char *dirs[] = {"", "/tcp", "/tcp/5"};
	char dir[NETPATHLEN], path[64];
	NetConnInfo *c;
	int i, fd, ctl;

	for(i = 0; i < nelem(dirs); i++)
		put(dirs[i], nil);
	for(i = 0; i < nelem(files)-1; i++)
		put(files[i], "5");
	put("/tcp/5/local", "1.2.3.4!99\n");
	put("/tcp/5/remote", "5.6.7.8!564\n");
	rfork(RFNAMEG);
	bind("/tmp/conf.net", "/mnt", MREPL);
	ctl = -1;
	fd = dial("/mnt/tcp!host!9fs", "99", dir, &ctl);
	same(dir, "/mnt/tcp/5", "dial says its directory");
	fd2path(fd, path, sizeof path);
	same(path, "/mnt/tcp/5/data", "and opens the data");
	close(fd);
	fd2path(ctl, path, sizeof path);
	same(path, "/mnt/tcp/clone", "its control file is the clone file");
	is(hangup(ctl), 0, "hangup");
	close(ctl);
	wrote("/tcp/clone", "5connect host!9fs 99hangup", "what was written to it");
	put("/tcp/clone", "5");
	fd = announce("/mnt/tcp!*!9fs", dir);
	ok(fd >= 0, "announce");
	same(dir, "/mnt/tcp/5", "its directory");
	close(fd);
	wrote("/tcp/clone", "5announce *!9fs", "the address");
	fd = listen("/mnt/tcp/5", dir);
	ok(fd >= 0, "listen");
	same(dir, "/mnt/tcp/5", "the call's directory");
	fd2path(i = accept(fd, dir), path, sizeof path);
	same(path, "/mnt/tcp/5/data", "accept opens the data");
	close(i);
	is(reject(fd, dir, "no"), 0, "reject");
	close(fd);
	wrote("/tcp/5/listen", "5accept 5reject 5 no", "what both write");
	c = getnetconninfo("/mnt/tcp/5", -1);
	ok(c != nil && strcmp(c->lsys, "1.2.3.4") == 0 && strcmp(c->lserv, "99") == 0, "getnetconninfo");
	same(c != nil ? c->raddr : "", "/mnt/tcp!5.6.7.8!564", "the other end");
	same(c != nil ? c->root : "", "/mnt", "the network");
	freenetconninfo(c);
	/* what cs answers is where the file ends up: the question, with what stood behind it */
	put("/cs", "..................... 9.9.9.9!7");
	put("/tcp/clone", "5");
	fails(dial("/mnt/net!unknown", nil, nil, nil),
		"file does not exist: '/mnt/net!unknown..........'", "cs names the clone file");
	unmount(nil, "/mnt");
	for(i = 0; i < nelem(files); i++){
		snprint(path, sizeof path, "/tmp/conf.net%s", files[i]);
		remove(path);
	}
	for(i = nelem(dirs)-1; i >= 0; i--){
		snprint(path, sizeof path, "/tmp/conf.net%s", dirs[i]);
		remove(path);
	}
	ok(access("/tmp/conf.net", AEXIST) < 0, "and nothing else was made");
}

static void
domains(void)
{
	static char *names[][2] =
	{
		{"example.com", "example.com"},
		{"bücher.example", "xn--bcher-kva.example"},
		{"www.münchen.de", "www.xn--mnchen-3ya.de"},
		{"пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"},
		{"例え.テスト", "xn--r8jz45g.xn--zckzah"},
	};
	char buf[200];
	int i;

	for(i = 0; i < nelem(names); i++){
		is(utf2idn(names[i][0], buf, sizeof buf), strlen(names[i][1]), "utf2idn");
		same(buf, names[i][1], names[i][1]);
		is(idn2utf(names[i][1], buf, sizeof buf), strlen(names[i][0]), "idn2utf");
		same(buf, names[i][0], names[i][0]);
	}
	is(utf2idn("bücher", buf, 5), -1, "no room");
	is(idn2utf("xn--\377", buf, sizeof buf), -1, "no name");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	marshalling();
	messages();
	directories();
	vectors();
	networks();
	calls();
	domains();
	done();
}
