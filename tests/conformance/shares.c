#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/* Shares, where servers are mounted for everybody; shr(3), facts/devices.md §10. */
static char	badarg[] = "bad arg in system call";
static char	perm[] = "permission denied";
static char	usefd[] = "inappropriate use of fd";

enum
{
	Tversion = 100,
	Tattach = 104,
	Rerror = 107,
	Twalk = 110,
	Topen = 112,
	Tcreate = 114,
	Tread = 116,
	Tclunk = 120,
	Tstat = 124,

	Fixed = 49,	/* an entry with empty strings */
	Nfid = 64,

	/* qids of a server's files */
	Root = 1,
	Which,
	Own,
};

static char	share[] = "#σ/conf.share";
static char	shared1[] = "#σc/conf.share";
static char	one[] = "#σc/conf.share/one";
static char	two[] = "#σc/conf.share/two";
static char	*me;	/* the server's name */
static int	p[2];
static uchar	rx[8300], tx[8300], entry[512];
static uchar	fids[Nfid][2];	/* number, file */

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
	p = put(p, strlen(s), 2);
	memmove(p, s, strlen(s));
	return p+strlen(s);
}

static uchar*
putqid(uchar *p, int file)
{
	return put(put(put(p, file == Root ? QTDIR : 0, 1), 0, 4), file, 8);
}

static uchar*
putentry(uchar *p, int file)
{
	uchar *start;

	start = p;
	p = put(p, 0, 8);
	p = putqid(p, file);
	p = put(p, file == Root ? DMDIR|0777 : 0666, 4);
	p = put(p, 0, 16);
	p = puttext(p, file == Root ? "/" : file == Which ? "which" : me);
	p = puttext(p, "owner");
	p = puttext(p, "group");
	p = puttext(p, "owner");
	put(start, p-start-2, 2);
	return p;
}

/* The file of a fid; a new one gets file. */
static uchar*
fid(uint n, int file)
{
	int i;

	for(i = 0; i < Nfid; i++)
		if(fids[i][1] != 0 && fids[i][0] == n%256)
			return &fids[i][1];
	for(i = 0; i < Nfid; i++)
		if(fids[i][1] == 0)
			break;
	fids[i][0] = n;
	fids[i][1] = file;
	return &fids[i][1];
}

/* A server of the files which and me on p[1], until it hears no more. */
static void
serve(void)
{
	int file, n, type;
	uchar *q;
	uint off;

	close(p[0]);
	for(;;){
		n = read(p[1], rx, sizeof rx);
		if(n <= 0)
			return;
		type = rx[4];
		q = tx+7;
		switch(type){
		case Tversion:
			q = puttext(put(q, 8216, 4), "9P2000");
			break;
		case Tattach:
			fid(get(rx+7, 4), Root);
			q = putqid(q, Root);
			break;
		case Twalk:
			file = *fid(get(rx+7, 4), Root);
			n = get(rx+15, 2);
			if(n == 0){
				fid(get(rx+11, 4), file);
				q = put(q, 0, 2);
				break;
			}
			off = get(rx+17, 2);
			if(n == 1 && off == 5 && memcmp(rx+19, "which", 5) == 0)
				file = Which;
			else if(n == 1 && off == strlen(me) && memcmp(rx+19, me, off) == 0)
				file = Own;
			else{
				type = Rerror-1;
				q = puttext(q, "not in this server");
				break;
			}
			fid(get(rx+11, 4), file);
			q = putqid(put(q, 1, 2), file);
			break;
		case Topen:
			q = put(putqid(q, *fid(get(rx+7, 4), Root)), 0, 4);
			break;
		case Tread:
			file = *fid(get(rx+7, 4), Root);
			off = get(rx+11, 4);
			q += 4;
			if(off == 0 && file == Root)
				q = putentry(putentry(q, Which), Own);
			else if(off == 0){
				memmove(q, me, strlen(me));
				q += strlen(me);
			}
			put(tx+7, q-tx-11, 4);
			break;
		case Tclunk:
			*fid(get(rx+7, 4), Root) = 0;
			break;
		case Tstat:
			file = *fid(get(rx+7, 4), Root);
			q = putentry(q+2, file);
			put(tx+7, q-tx-9, 2);
			break;
		default:
			type = Rerror-1;
			q = puttext(q, "not by this server");
		}
		put(tx, q-tx, 4);
		tx[4] = type+1;
		memmove(tx+5, rx+5, 2);
		write(p[1], tx, q-tx);
	}
}

/* Starts a server; p[0] leads to it. */
static int
newserver(char *name)
{
	int pid;

	if(pipe(p) < 0)
		sysfatal("pipe: %r");
	me = name;
	pid = start(Fork, serve);
	close(p[1]);
	return pid;
}

static char*
contents(char *name)
{
	static char text[101];
	int fd, n;

	fd = open(name, OREAD);
	if(fd < 0)
		return "cannot be opened";
	n = read(fd, text, 100);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* The names in a directory, each with a blank behind it. */
static char*
list(char *name)
{
	static char names[1000], buf[4000];
	int fd, i, n, m;
	char *s;

	s = names;
	fd = open(name, OREAD);
	while((n = read(fd, buf, sizeof buf)) > 0)
		for(i = 0; i < n; i += *(ushort*)(buf+i)+2){
			m = *(ushort*)(buf+i+41);
			memcpy(s, buf+i+43, m);
			s += m;
			*s++ = ' ';
		}
	*s = '\0';
	close(fd);
	return names;
}

static u32int
mode(char *name)
{
	memset(entry, 0, sizeof entry);
	if(stat(name, entry, sizeof entry) < Fixed)
		return 1;
	return *(u32int*)(entry+21);
}

/* Mounts p[0] in a share. */
static int
mountin(char *name)
{
	char num[12];
	int fd, n;

	fd = create(name, OWRITE, 0600);
	n = snprint(num, sizeof num, "%d\n", p[0]);
	n = write(fd, num, n) - n;
	close(fd);
	close(p[0]);
	return n;
}

static void
making(void)
{
	int fd;

	fails(create("#σ/conf.share", OREAD, DMDIR|0777), "permission denied: '#σ/conf.share'", "a share is not made in #σ");
	fails(create(shared1, OREAD, 0666), "permission denied: '#σc/conf.share'", "nor as a file");
	fails(create(shared1, OWRITE, DMDIR|0777), "permission denied: '#σc/conf.share'", "nor for writing");
	fd = create(shared1, OREAD, DMDIR|0775);
	ok(fd >= 0, "but as a directory of #σc");
	close(fd);
	is(mode(shared1), DMDIR|0775, "with that mode");
	is(mode(share), DMDIR|0555, "in #σ it cannot be written");
	is(mode("#σ"), DMDIR|0555, "nor can #σ itself");
	is(mode("#σc"), DMDIR|0777, "#σc can");
	same(list(share), "", "there is nothing in it");
	fails(open(share, OWRITE), "file is a directory: '#σ/conf.share'", "open it for writing");
	fails(create("#σ/conf.share/x", OWRITE, 0666), "mounted directory forbids creation: '#σ/conf.share/x'", "create something in nothing");
	fails(create("#σc/conf.share/x", OREAD, 0666), "permission denied: '#σc/conf.share/x'", "a service file is not made for reading");
	fails(create("#σc/conf.share/x", OWRITE, DMDIR|0777), "permission denied: '#σc/conf.share/x'", "nor as a directory");
	fails(open("#σx", OREAD), "mount/attach disallowed", "there are two trees only");
	fails(open("#σ/conf.none", OREAD), "file does not exist: '#σ/conf.none'", "no such share");
	fd = create(one, OWRITE, 0600);
	ok(fd >= 0, "create a service file");
	fails(open(one, ORDWR), "device shut down: '#σc/conf.share/one'", "there is no server yet");
	fails(write(fd, "junk", 4), badarg, "which takes the number of a descriptor");
	fails(write(fd, "", 0), badarg, "not nothing");
	fails(write(fd, "99", 2), "fd out of range or not open", "one that is open");
	fails(write(fd, "2", 1), usefd, "for reading and writing");
	close(fd);
	is(remove(one), 0, "remove it");
}

static void
inchild(void)
{
	rfork(RFCNAMEG);
	if(mountin(one) != 0)
		_exits("cannot mount");
}

static void
nobody(void)
{
	int fd;

	fd = open("/dev/user", OWRITE);
	if(fd < 0 || write(fd, "none", 4) != 4)
		_exits("cannot become none");
	close(fd);
	if(strcmp(contents("#σ/conf.share/which"), "one") != 0)
		_exits("does not see what is mounted");
	if(create("#σc/conf.none", OREAD, DMDIR|0777) >= 0 || strcmp(error(), "permission denied: '#σc/conf.none'") != 0)
		_exits("may make a share");
	if(create(two, OWRITE, 0666) >= 0 || strcmp(error(), "permission denied: '#σc/conf.share/two'") != 0)
		_exits("may mount");
	if(remove(one) >= 0 || strcmp(error(), perm) != 0)
		_exits("may unmount");
}

static void
mounting(void)
{
	int fd, pid, pid2;

	pid = newserver("one");
	fine(RFPROC|RFFDG, inchild, "a child without a name space mounts a server");
	close(p[0]);
	same(contents("#σ/conf.share/which"), "one", "its parent sees that");
	same(contents("/shr/conf.share/which"), "one", "also in /shr");
	same(list(share), "which one ", "and can list it");
	fails(open("#σ/conf.share/none", OREAD), "file does not exist: '#σ/conf.share/none'", "what the server does not have");
	fails(create("#σ/conf.share/new", OWRITE, 0666), "not by this server: '#σ/conf.share/new'", "new files are the server's business");
	fine(Fork, nobody, "the user none sees it, too, but may not change it");
	same(list(shared1), "one ", "its service file is listed");
	fails(create(one, OWRITE|OEXCL, 0600), "file already exists: '#σc/conf.share/one'", "there is one of a name");
	fails(open(one, OREAD), "permission denied: '#σc/conf.share/one'", "it opens in the mode of the connection only");
	fails(open(one, ORDWR|OTRUNC), "file already exists: '#σc/conf.share/one'", "not truncated");
	fd = open(one, ORDWR);
	ok(fd >= 0, "for both it opens");
	fails(read(fd, entry, 9), usefd, "which is the connection, that carries messages");
	rfork(RFNAMEG);
	is(mount(fd, -1, "/n", MREPL, ""), 0, "mount it in a name space");
	same(contents("/n/which"), "one", "it is that server");
	unmount(nil, "/n");

	pid2 = newserver("two");
	is(mountin(two), 0, "a second server in a share");
	same(contents("#σ/conf.share/which"), "two", "comes before the first one");
	same(contents("#σ/conf.share/one"), "one", "behind which that is found");
	same(list(share), "which two which one ", "both are listed");
	same(list(shared1), "two one ", "so are their service files");
	fails(remove(share), perm, "remove the share by its mounted side");
	fails(remove(shared1), "directory not empty", "or while something is mounted there");
	is(remove(two), 0, "unmount the second one");
	same(waitchild(pid2), "", "nobody else had it: its pipe is closed");
	same(contents("#σ/conf.share/which"), "one", "the first one is back");
	is(remove(one), 0, "unmount that");
	same(waitchild(pid), "", "and it ends");
	same(list(share), "", "nothing is left");
	is(remove(shared1), 0, "remove the share");
	fails(stat(share, entry, sizeof entry), "file does not exist: '#σ/conf.share'", "it is gone");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	making();
	mounting();
	done();
}
