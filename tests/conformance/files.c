#include <u.h>
#include <libc.h>
#include "tap.h"

/* What files do; facts/syscalls.md §3 and §6.  Works in the current directory. */
static char buf[70000];

/* The file's contents, as a string of at most 100 bytes. */
static char*
contents(char *name)
{
	static char text[101];
	int fd;
	long n;

	fd = open(name, OREAD);
	n = readn(fd, text, 100);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
offsets(void)
{
	vlong off;
	int fd, dupfd;

	fd = create("conf.a", ORDWR, 0666);
	ok(fd > 2, "create");
	is(write(fd, "0123456789", 10), 10, "write");
	is(seek(fd, 0, 1), 10, "write moves the offset");
	is(pwrite(fd, "ab", 2, 3), 2, "pwrite");
	is(seek(fd, 0, 1), 10, "pwrite leaves the offset");
	is(pread(fd, buf, 4, 2), 4, "pread");
	ok(memcmp(buf, "2ab5", 4) == 0, "pread reads what pwrite wrote");
	is(seek(fd, 0, 1), 10, "pread leaves the offset");
	is(read(fd, buf, 5), 0, "read at the end");
	is(seek(fd, 4, 0), 4, "seek absolute");
	is(seek(fd, 3, 1), 7, "seek relative");
	is(seek(fd, -2, 2), 8, "seek from the end");
	is(read(fd, buf, 100), 2, "read what is left");
	is(seek(fd, (vlong)1<<40, 0), (vlong)1<<40, "seek far beyond the end");
	is(read(fd, buf, 5), 0, "read there");
	seek(fd, 2, 0);
	dupfd = dup(fd, -1);
	ok(dupfd > fd, "dup to the lowest free");
	is(read(dupfd, buf, 3), 3, "read the duplicate");
	is(seek(fd, 0, 1), 5, "the two share an offset");
	is(close(fd), 0, "close");
	is(read(dupfd, buf, 100), 5, "the duplicate lives on");
	is(dup(dupfd, fd), fd, "dup to a number");
	is(seek(fd, 0, 0), 0, "it is open");
	is(dup(fd, fd), fd, "dup to itself");
	is(_read(fd, buf, 3), 3, "_read");
	is(_write(fd, "__", 2), 2, "_write");
	is(oseek(fd, 0, 1), 5, "oseek");
	is(_seek(&off, fd, 1, 0), 0, "_seek returns 0");
	is(off, 1, "and stores the offset");
	is(pwrite(fd, "end", 3, 20), 3, "pwrite beyond the end");
	is(pread(fd, buf, 100, 0), 23, "makes the file longer");
	ok(memcmp(buf+10, "\0\0\0\0\0\0\0\0\0\0end", 13) == 0, "with zeros between");
	is(pread(fd, buf, 0, 0), 0, "pread of nothing");
	is(pwrite(fd, buf, 0, 0), 0, "pwrite of nothing");
	close(fd);
	close(dupfd);
	same(contents("conf.a"), "012__56789", "the file");
}

static void
truncation(void)
{
	int fd, other;

	fd = open("conf.a", OWRITE|OTRUNC);
	ok(fd >= 0, "open with OTRUNC");
	same(contents("conf.a"), "", "truncates");
	write(fd, "new", 3);
	close(fd);
	fd = open("conf.a", OWRITE);
	write(fd, "N", 1);
	close(fd);
	same(contents("conf.a"), "New", "without OTRUNC the rest stays");
	fd = create("conf.a", OWRITE, 0666);
	same(contents("conf.a"), "", "create of what exists truncates");
	write(fd, "x", 1);
	other = open("conf.a", OREAD);
	is(read(other, buf, 5), 1, "a write is seen through another fd");
	close(other);
	close(fd);
	fd = create("conf.b", OWRITE|OEXCL, 0666);
	ok(fd >= 0, "create with OEXCL");
	close(fd);
	is(remove("conf.b"), 0, "remove");
	fd = create("conf.b", ORDWR|ORCLOSE, 0666);
	ok(fd >= 0, "create with ORCLOSE");
	write(fd, "gone", 4);
	same(contents("conf.b"), "gone", "it is there");
	close(fd);
	is(open("conf.b", OREAD), -1, "and removed when it is closed");
}

static void
large(void)
{
	int i, fd;

	for(i = 0; i < (int)sizeof buf; i++)
		buf[i] = i*7 + i/256;
	fd = create("conf.a", ORDWR, 0666);
	is(write(fd, buf, sizeof buf), sizeof buf, "a large write is taken whole");
	memset(buf, 0, sizeof buf);
	seek(fd, 0, 0);
	is(readn(fd, buf, sizeof buf), sizeof buf, "and read again");
	for(i = 0; i < (int)sizeof buf; i++)
		if(buf[i] != (char)(i*7 + i/256))
			break;
	is(i, sizeof buf, "with the same bytes");
	close(fd);
}

/* The name in a stat entry. */
static char*
entryname(uchar *d)
{
	static char name[100];
	int n;

	n = d[41] | d[42]<<8;
	if(n >= (int)sizeof name)
		return "too long";
	memmove(name, d+43, n);
	name[n] = '\0';
	return name;
}

static ulong
mode(uchar *d)
{
	return d[21] | d[22]<<8 | d[23]<<16 | (ulong)d[24]<<24;
}

static vlong
length(uchar *d)
{
	vlong v;
	int i;

	v = 0;
	for(i = 7; i >= 0; i--)
		v = v<<8 | d[33+i];
	return v;
}

static void
entries(void)
{
	uchar d[512], e[512];
	int fd, n;

	remove("conf.a");	// create leaves the mode of what exists alone
	fd = create("conf.a", OWRITE, 0640);
	write(fd, "12345", 5);
	n = fstat(fd, d, sizeof d);
	ok(n > STATFIXLEN, "fstat");
	is(stat("conf.a", e, sizeof e), n, "stat");
	is(memcmp(d+8, e+8, 13), 0, "both have the same qid");
	same(entryname(d), "conf.a", "the name");
	is(length(e), 5, "the length");
	is(mode(e) & DMDIR, 0, "is no directory");
	is(e[8] & QTDIR, 0, "nor is its qid");
	is(mode(e) & 0700, 0600, "mode of the owner");
	is(mode(e) & 07, 0, "mode of others");
	close(fd);
	stat("/", d, sizeof d);
	ok(mode(d) & DMDIR && d[8] & QTDIR, "/ is a directory");
	is(length(d), 0, "of length 0");
	ok(stat(".", d, sizeof d) > STATFIXLEN && mode(d) & DMDIR, ". is a directory");
}

/* Reads the directory n bytes at a time; how many entries, and whether name is one. */
static int
list(char *dir, int n, char *name, int *found)
{
	uchar *p;
	int fd, count;
	long m;

	*found = 0;
	count = 0;
	fd = open(dir, OREAD);
	if(fd < 0)
		return -1;
	while((m = read(fd, buf, n)) > 0)
		for(p = (uchar*)buf; p < (uchar*)buf+m; p += (p[0]|p[1]<<8)+2){
			count++;
			if(strcmp(entryname(p), name) == 0)
				++*found;
			if(p+2+(p[0]|p[1]<<8) > (uchar*)buf+m)
				return -1;
		}
	close(fd);
	return m < 0 ? -1 : count;
}

static void
directories(void)
{
	char name[] = "conf.dir/fileX", path[200], path2[200];
	int fd, i, found;
	long n;

	fd = create("conf.dir", OREAD, DMDIR|0777);
	ok(fd >= 0, "create a directory");
	is(read(fd, buf, sizeof buf), 0, "it is empty");
	close(fd);
	for(i = 0; i < 9; i++){
		name[13] = '0'+i;
		close(create(name, OWRITE, 0666));
	}
	is(list("conf.dir", sizeof buf, "file3", &found), 9, "nine entries");
	is(found, 1, "each is there once");
	is(list("conf.dir", 200, "file8", &found), 9, "a few at a time");
	is(list("conf.dir/", sizeof buf, "file0", &found), 9, "with a slash");
	is(list("conf.dir/.", sizeof buf, "file0", &found), 9, "with a dot");
	is(list("conf.dir/../conf.dir", sizeof buf, "file0", &found), 9, "by way of ..");
	fd = open("conf.dir", OREAD);
	n = read(fd, buf, 200);
	is(seek(fd, 0, 0), 0, "rewind");
	is(read(fd, buf, 200), n, "reads the first entries again");
	close(fd);
	is(remove("conf.dir"), -1, "a directory with files is not removed");
	is(chdir("conf.dir"), 0, "chdir");
	is(stat("file3", (uchar*)buf, sizeof buf) > 0, 1, "names start there");
	fd = open(".", OREAD);
	is(fd2path(fd, path, sizeof path), 0, "fd2path");
	close(fd);
	n = strlen(path);
	ok(path[0] == '/' && n > 9 && strcmp(path+n-9, "/conf.dir") == 0, "is the whole path");
	fd = open("../conf.dir/./file3", OREAD);
	fd2path(fd, path2, sizeof path2);
	close(fd);
	strcpy(path+n, "/file3");
	same(path2, path, "without . and ..");
	fd = open("/dev//null", OREAD);
	fd2path(fd, path, sizeof path);
	same(path, "/dev/null", "fd2path cleans");
	fd2path(fd, path, 5);
	same(path, "/dev", "and cuts");
	close(fd);
	fd = open("#c/null", OREAD);
	fd2path(fd, path, sizeof path);
	same(path, "#c/null", "a device's path");
	close(fd);
	is(chdir(".."), 0, "chdir back");
	for(i = 0; i < 9; i++){
		name[13] = '0'+i;
		remove(name);
	}
	is(remove("conf.dir"), 0, "remove an empty directory");
	is(chdir("conf.dir"), -1, "it is gone");
	ok(list("/", sizeof buf, "dev", &found) > 0 && found, "/ has dev");
	ok(list("/dev", sizeof buf, "null", &found) > 0 && found, "/dev has null");
}

/* wstat of name, or fwstat of fd if that is nil; what is "" or -1 stays. */
static int
change(char *name, int fd, char *newname, vlong length, u32int mode)
{
	uchar e[STATFIXLEN+100];
	int i, n;

	n = strlen(newname);
	memset(e, 0xff, sizeof e);
	e[0] = STATFIXLEN-2+n;
	e[1] = 0;
	for(i = 0; i < 4; i++)
		e[21+i] = mode >> 8*i;
	for(i = 0; i < 8; i++)
		e[33+i] = (uvlong)length >> 8*i;
	memset(e+41, 0, 2);
	e[41] = n;
	memmove(e+43, newname, n);
	memset(e+43+n, 0, 6);
	if(name == nil)
		return fwstat(fd, e, STATFIXLEN+n);
	return wstat(name, e, STATFIXLEN+n);
}

static uvlong
qid(char *name)
{
	uchar d[512];
	uvlong v;
	int i;

	if(stat(name, d, sizeof d) < STATFIXLEN)
		return 0;
	v = 0;
	for(i = 7; i >= 0; i--)
		v = v<<8 | d[13+i];
	return v;
}

static void
changes(void)
{
	uchar d[512], e[512];
	char path[200];
	uvlong q;
	int fd, other;

	fd = create("conf.a", ORDWR, 0666);
	write(fd, "hello", 5);
	q = qid("conf.a");
	is(change("conf.a", -1, "conf.b", -1, -1), STATFIXLEN+6, "wstat of a name");
	is(stat("conf.a", d, sizeof d), -1, "the old one is gone");
	ok(q != 0 && qid("conf.b") == q, "the new one is the same file");
	is(pread(fd, buf, 10, 0), 5, "which is open as before");
	fd2path(fd, path, sizeof path);
	same(path+strlen(path)-6, "conf.a", "by the name it was opened by");
	is(change(nil, fd, "conf.c", -1, -1), STATFIXLEN+6, "fwstat of what another has renamed");
	ok(qid("conf.c") == q, "it has the third name");
	is(change("conf.c", -1, "conf.c", -1, -1), STATFIXLEN+6, "the name it has");
	is(change("conf.c", -1, "", -1, -1), STATFIXLEN, "no change at all");
	is(change("conf.c", -1, "", 2, -1), STATFIXLEN, "a length");
	is(pread(fd, buf, 10, 0), 2, "cuts it");
	is(change("conf.c", -1, "", -1, 0600), STATFIXLEN, "a mode");
	fstat(fd, d, sizeof d);
	is(mode(d), 0600, "is the file's");
	is(change("conf.c", -1, "", -1, DMDIR|0700), -1, "a file stays a file");
	close(create("conf.d", OWRITE, 0666));
	is(change("conf.c", -1, "conf.d", 0, -1), -1, "a name that is taken");
	fstat(fd, d, sizeof d);
	is(length(d), 2, "then the rest is not done either");
	fails(change("conf.c", -1, "a/b", -1, -1), "bad character in file name: a/b", "a name with a slash");
	memset(e, 0xff, sizeof e);
	fails(wstat("conf.c", e, STATFIXLEN), "malformed stat buffer", "an entry that is none");
	memset(e, 0, sizeof e);
	e[0] = STATFIXLEN-1;
	fails(wstat("conf.c", e, STATFIXLEN), "malformed stat buffer", "a wrong size");
	fails(wstat("conf.none", e, STATFIXLEN), "malformed stat buffer", "which is seen before the name");
	pwrite(fd, "xy", 2, 0);
	fstat(fd, d, sizeof d);
	pwrite(fd, "yz", 2, 0);
	fstat(fd, e, sizeof e);
	ok(memcmp(d+9, e+9, 4) != 0, "a write makes another version");
	is(memcmp(d+13, e+13, 8), 0, "of the same file");
	close(fd);
	is(remove("conf.c"), 0, "remove");
	close(create("conf.c", OWRITE, 0666));
	ok(qid("conf.c") != q, "one that is made again is another file");
	remove("conf.c");
	remove("conf.d");

	fd = create("conf.a", OWRITE|ORCLOSE, 0666);
	change("conf.a", -1, "conf.b", -1, -1);
	other = dup(fd, -1);
	close(fd);
	ok(qid("conf.b") != 0, "one to be removed when it is closed stays for a duplicate");
	close(other);
	ok(qid("conf.b") == 0, "and goes with it, by whatever name");
	fd = create("conf.a", OWRITE|ORCLOSE, 0666);
	remove("conf.a");
	close(create("conf.a", OWRITE, 0666));
	close(fd);
	ok(qid("conf.a") != 0, "but not another one of its name");
	remove("conf.a");
}

static void
kinds(void)
{
	uchar d[512];
	int fd;

	fd = create("conf.a", ORDWR, DMAPPEND|0666);
	write(fd, "one", 3);
	pwrite(fd, "two", 3, 0);
	close(fd);
	same(contents("conf.a"), "onetwo", "a file that is only appended to");
	fd = open("conf.a", OWRITE|OTRUNC);
	write(fd, "six", 3);
	close(fd);
	same(contents("conf.a"), "onetwosix", "is not truncated");
	stat("conf.a", d, sizeof d);
	ok((mode(d) & DMAPPEND) != 0 && (d[8] & QTAPPEND) != 0, "as its entry says");
	remove("conf.a");
	fd = create("conf.a", OWRITE, DMEXCL|0666);
	is(open("conf.a", OREAD), -1, "a file for exclusive use is opened once");
	is(create("conf.a", OWRITE, 0666), -1, "nor created again");
	close(fd);
	fd = open("conf.a", OREAD);
	ok(fd >= 0, "at a time");
	close(fd);
	stat("conf.a", d, sizeof d);
	ok((mode(d) & DMEXCL) != 0 && (d[8] & QTEXCL) != 0, "as its entry says");
	remove("conf.a");
	close(create("conf.dir", OREAD, DMDIR|0750));
	close(create("conf.dir/a", OWRITE, 0666));
	stat("conf.dir/a", d, sizeof d);
	is(mode(d) & ~0040, 0600, "a file has no permission that its directory has not");
	close(create("conf.dir/d", OREAD, DMDIR|0777));
	stat("conf.dir/d", d, sizeof d);
	is(mode(d) & ~0050, DMDIR|0700, "nor has a directory");
	fd = create("conf.dir/b", ORDWR, 0);
	is(write(fd, "x", 1), 1, "what is created is open whatever its permissions");
	close(fd);
	is(open("conf.dir/b", OREAD), -1, "but not again");
	remove("conf.dir/b");
	close(create("conf.dir/b", OWRITE, 0444));
	is(create("conf.dir/b", OWRITE, 0666), -1, "to truncate is to write");
	is(open("conf.dir/b", OREAD|OTRUNC), -1, "even for reading");
	is(open("conf.dir/b", OEXEC), -1, "to execute is another permission");
	is(remove("conf.dir/b"), 0, "to remove is none of the file's");
	change("conf.dir", -1, "", -1, DMDIR|0500);
	is(remove("conf.dir/a"), -1, "but of the directory's");
	is(create("conf.dir/c", OWRITE, 0666), -1, "as is to create");
	is(change("conf.dir/a", -1, "c", -1, -1), -1, "and to rename");
	is(open("conf.dir/a", OREAD|ORCLOSE), -1, "or to say that it will be removed");
	change("conf.dir", -1, "", -1, DMDIR|0600);
	is(open("conf.dir/a", OREAD), -1, "and to walk through it");
	change("conf.dir", -1, "", -1, DMDIR|0700);
	remove("conf.dir/a");
	remove("conf.dir/d");
	is(remove("conf.dir"), 0, "clean up");
}

static void
devices(void)
{
	char a[16], b[16];
	int fd, i, n;

	fd = open("/dev/null", ORDWR);
	is(write(fd, buf, 1000), 1000, "/dev/null takes all");
	is(read(fd, buf, 1000), 0, "/dev/null is empty");
	close(fd);
	fd = open("/dev/null", ORDWR);
	is(seek(fd, ~((uvlong)1<<63), 0), ~((uvlong)1<<63), "seek to the highest offset");
	is(write(fd, buf, 3), 3, "and write beyond it");
	fails(write(fd, buf, 3), "negative i/o offset", "which can be done once");
	fails(read(fd, buf, 3), "negative i/o offset", "nor is it read there");
	fails(seek(fd, 0, 1), "negative i/o offset", "or said where that is");
	is(seek(fd, 5, 0), 5, "seek back");
	is(write(fd, buf, 3), 3, "and all is well");
	close(fd);
	fd = open("/dev/zero", OREAD);
	memset(buf, 1, 100);
	is(read(fd, buf, 100), 100, "/dev/zero is not");
	for(i = n = 0; i < 100; i++)
		n |= buf[i];
	is(n, 0, "and has zeros");
	close(fd);
	fd = open("/dev/random", OREAD);
	ok(readn(fd, a, sizeof a) == sizeof a && readn(fd, b, sizeof b) == sizeof b, "/dev/random");
	ok(memcmp(a, b, sizeof a) != 0, "is not the same twice");
	close(fd);
	fd = open("/dev/pid", OREAD);
	n = read(fd, buf, 100);
	ok(n == 12 && buf[11] == ' ' && atoi(buf) == getpid(), "/dev/pid is in the Tos, too");
	close(fd);
	fd = open("/dev/user", OREAD);
	ok(read(fd, buf, 100) > 0, "/dev/user");
	close(fd);
	fd = open("/dev/bintime", OREAD);
	is(read(fd, buf, 8), 8, "/dev/bintime");
	close(fd);
	fd = open("/dev/time", OREAD);
	n = read(fd, buf, 200);
	ok(n > 40 && buf[11] == ' ', "/dev/time");
	close(fd);
}

void
main(void)
{
	offsets();
	truncation();
	large();
	entries();
	remove("conf.a");
	changes();
	kinds();
	directories();
	devices();
	done();
}
