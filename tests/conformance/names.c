#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/*
 * Names and name spaces; facts/syscalls.md §7, §8, facts/devices.md §1,
 * facts/observed-devices.md A.1-A.10.  Makes conf.* in the current directory,
 * binds on /mnt.
 */
static char buf[8192];

static void
make(char *name, char *text)
{
	int fd;

	fd = create(name, OWRITE, 0666);
	if(fd < 0)
		sysfatal("cannot create %s: %r", name);
	write(fd, text, strlen(text));
	close(fd);
}

static void
makedir(char *name)
{
	int fd;

	fd = create(name, OREAD, DMDIR|0777);
	if(fd < 0)
		sysfatal("cannot create %s: %r", name);
	close(fd);
}

/* The file's contents, or the error. */
static char*
contents(char *name)
{
	static char text[ERRMAX];
	int fd;
	long n;

	fd = open(name, OREAD);
	if(fd < 0){
		text[0] = '\0';
		errstr(text, sizeof text);
		return text;
	}
	n = readn(fd, text, sizeof text-1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* By which name the kernel knows what open(name) gives. */
static char*
path(char *name)
{
	static char text[256];
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		return "cannot be opened";
	fd2path(fd, text, sizeof text);
	close(fd);
	return text;
}

/* The name in the file's entry. */
static char*
statname(char *name)
{
	static char text[256];
	uchar d[512];
	int n;

	if(stat(name, d, sizeof d) < STATFIXLEN)
		return "stat failed";
	n = d[41] | d[42]<<8;
	memmove(text, d+43, n);
	text[n] = '\0';
	return text;
}

/* How often name is in a directory. */
static int
listed(char *dir, char *name)
{
	int fd, count, size;
	long n, at;

	count = 0;
	fd = open(dir, OREAD);
	while((n = read(fd, buf, sizeof buf)) > 0)
		for(at = 0; at < n; at += size+2){
			uchar *d = (uchar*)buf+at;

			size = d[0] | d[1]<<8;
			if((d[41] | d[42]<<8) == strlen(name) && memcmp(d+43, name, strlen(name)) == 0)
				count++;
		}
	close(fd);
	return count;
}

static void
arguments(void)
{
	fails(bind("/dev", "/mnt", MBEFORE|MAFTER), "bad arg in system call", "bind before and after");
	fails(bind("/dev", "/mnt", 8), "bad arg in system call", "bind with flag 8");
	fails(bind("/dev", "/mnt", 0x20), "bad arg in system call", "bind with flag 0x20");
	fails(bind("/dev", "/mnt", -1), "bad arg in system call", "bind with all flags");
	fails(bind("nosuch", "/mnt", 8), "bad arg in system call", "the flag is looked at first");
	fails(bind("nosuch", "/mnt", MREPL), "file does not exist: 'nosuch'", "bind what does not exist");
	fails(bind("/dev", "nosuch", MREPL), "file does not exist: 'nosuch'", "bind on what does not exist");
	fails(bind("nosuch", "neither", MREPL), "file does not exist: 'nosuch'", "the new name is looked up first");
	fails(bind("", "/mnt", MREPL), "empty file name", "bind the empty name");
	fails(bind("/dev", "", MREPL), "empty file name", "bind on the empty name");
	fails(bind("conf.d1/a", "/mnt", MREPL), "inconsistent mount", "a file on a directory");
	fails(bind("/dev", "conf.d1/a", MREPL), "inconsistent mount", "a directory on a file");
	fails(bind("conf.d1/a", "conf.d2/b", MBEFORE), "inconsistent mount", "a file before a file");
	fails(bind("conf.d1/a", "conf.d2/b", MAFTER), "inconsistent mount", "a file after a file");
	fails(unmount(nil, "/mnt"), "not mounted", "unmount what is not mounted");
	fails(unmount("/dev", "/mnt"), "not mounted", "unmount something there");
	fails(unmount(nil, "nosuch"), "file does not exist: 'nosuch'", "unmount from what does not exist");
	fails(unmount("nosuch", "/mnt"), "file does not exist: 'nosuch'", "unmount what does not exist");
	fails(unmount("nosuch", "neither"), "file does not exist: 'neither'", "the old name is looked up first");
	fails(unmount("", "/mnt"), "empty file name", "unmount the empty name");
}

static void
replaces(void)
{
	is(bind("conf.d1", "/mnt", MREPL), 0, "bind returns 0");
	same(contents("/mnt/a"), "a1", "what is bound is seen");
	same(path("/mnt/a"), "/mnt/a", "by the name it is bound on");
	same(statname("/mnt"), "mnt", "stat of the place has its own name");
	is(bind("conf.d2", "/mnt", MREPL), 0, "bind something else there");
	same(contents("/mnt/a"), "file does not exist: '/mnt/a'", "the first is replaced");
	same(contents("/mnt/b"), "b2", "by the second");
	is(unmount(nil, "/mnt"), 0, "unmount all");
	same(contents("/mnt/b"), "file does not exist: '/mnt/b'", "nothing is left");
	fails(unmount(nil, "/mnt"), "not mounted", "unmount again");
	is(bind("conf.d1", "/mnt", MREPL), 0, "bind again");
	fails(unmount("conf.d2", "/mnt"), "not in union", "unmount something else");
	is(unmount("conf.d1", "/mnt"), 0, "unmount it by its name");
	fails(unmount("conf.d1", "/mnt"), "not mounted", "it was the last");
}

static void
onfiles(void)
{
	is(bind("conf.d1/a", "conf.d2/b", MREPL), 0, "bind a file on a file");
	same(contents("conf.d2/b"), "a1", "it is seen there");
	is(bind("conf.d1/c", "conf.d2/b", MREPL|MCREATE), 0, "with MCREATE");
	same(contents("conf.d2/b"), "c1", "it replaces the first");
	is(unmount("conf.d1/c", "conf.d2/b"), 0, "unmount it by its name");
	same(contents("conf.d2/b"), "b2", "the file is itself again");
	is(bind("#c/null", "conf.d2/b", MREPL|MCACHE), 0, "a device's file, with MCACHE");
	same(contents("conf.d2/b"), "", "reads as that");
	is(unmount(nil, "conf.d2/b"), 0, "unmount");
}

static void
unions(void)
{
	int fd;

	bind("conf.d1", "/mnt", MREPL);
	is(bind("conf.d2", "/mnt", MAFTER), 0, "bind after");
	same(contents("/mnt/a"), "a1", "the first element");
	same(contents("/mnt/b"), "b2", "the second");
	same(contents("/mnt/c"), "c1", "the first wins");
	same(contents("/mnt/nosuch"), "file does not exist: '/mnt/nosuch'", "in neither");
	same(contents("/mnt/s/x"), "x1", "a directory in the first");
	same(contents("/mnt/s/y"), "file does not exist: '/mnt/s/y'", "hides that of the second");
	is(listed("/mnt", "c"), 2, "reading shows both");
	is(listed("/mnt", "a"), 1, "a is there once");
	fails(create("/mnt/new", OWRITE, 0666), "mounted directory forbids creation: '/mnt/new'", "no element takes new files");
	fd = create("/mnt/b", ORDWR, 0666);
	ok(fd >= 0, "create of what exists in an element opens that");
	write(fd, "b3", 2);
	close(fd);
	same(contents("conf.d2/b"), "b3", "in the element that has it");
	fails(create("/mnt/b", OWRITE|OEXCL, 0666), "file already exists: '/mnt/b'", "OEXCL looks at all elements");
	is(unmount("conf.d2", "/mnt"), 0, "take the second away");
	same(contents("/mnt/b"), "file does not exist: '/mnt/b'", "it is gone");
	is(bind("conf.d2", "/mnt", MBEFORE|MCREATE), 0, "bind before, for creation");
	same(contents("/mnt/c"), "c2", "now it wins");
	make("/mnt/new", "new");
	same(contents("conf.d2/new"), "new", "new files go there");
	is(remove("/mnt/new"), 0, "and can be removed");
	is(bind("conf.d1", "/mnt", MAFTER), 0, "an element twice");
	is(listed("/mnt", "a"), 2, "is shown twice");
	is(unmount("/mnt", "/mnt"), 0, "unmount the place from itself");
	same(contents("/mnt/b"), "file does not exist: '/mnt/b'", "takes the first element");
	unmount(nil, "/mnt");

	is(bind("conf.d2", "conf.d1", MAFTER), 0, "bind after, on what is not a union yet");
	same(contents("conf.d1/a"), "a1", "it is an element itself");
	same(contents("conf.d1/b"), "b3", "the other one, too");
	fails(create("conf.d1/new", OWRITE, 0666), "mounted directory forbids creation: 'conf.d1/new'", "but not for creation");
	fails(bind("conf.d1", "/mnt", MREPL|MCREATE), "inconsistent mount", "a union cannot be bound for creation");
	is(bind("conf.d1", "/mnt", MREPL), 0, "but bound");
	same(contents("/mnt/b"), "b3", "with its elements");
	unmount(nil, "/mnt");
	unmount(nil, "conf.d1");
	bind("conf.d1", "/mnt", MREPL);
	fails(bind("/mnt", "conf.d2", MBEFORE|MCREATE), "inconsistent mount", "nor a mount without MCREATE");
	bind("conf.d1", "/mnt", MREPL|MCREATE);
	is(bind("/mnt", "conf.d2", MBEFORE|MCREATE), 0, "but one with it");
	unmount(nil, "conf.d2");
	is(bind("conf.d2", "/mnt", MAFTER), 0, "a union");
	is(bind("/mnt", "/mnt", MREPL), 0, "bound on itself");
	same(contents("/mnt/a"), "a1", "is what it was");
	same(contents("/mnt/b"), "b3", "with all elements");
	is(listed("/mnt", "b"), 1, "once");
	is(bind("/mnt", "/mnt", MAFTER), 0, "bound after itself");
	is(listed("/mnt", "b"), 2, "has them twice");
	fails(unmount("#c/consctl", "/mnt"), "permission denied: '#c/consctl'", "what is unmounted is opened for reading");
	is(unmount("#c", "/dev") == 0 && bind("#c", "/dev", MAFTER) == 0, 1, "unmount a device by its name");
	unmount(nil, "/mnt");
}

static void
mountpoints(void)
{
	uchar d[512];
	char here[256];
	int n, fd;

	bind("conf.d2", "conf.d1/s", MREPL);
	fails(remove("conf.d1/s"), "is a mount point", "a mount point is not removed");
	memset(d, 0xFF, 41);
	d[0] = STATFIXLEN+1-2;
	d[1] = 0;
	memset(d+41, 0, 16);
	d[41] = 1;
	d[43] = 'q';
	bind("conf.d1", "/mnt", MREPL);
	fails(wstat("/mnt/.", d, STATFIXLEN+1), "is a mount point: '/mnt'", "nor renamed; the error has its path");
	unmount(nil, "/mnt");
	same(statname("conf.d1/s"), "s", "its entry");
	is(listed("conf.d1", "s"), 1, "it is shown once in its directory");
	same(path("conf.d1/s/../a"), path("conf.d1/a"), ".. leads back over the mount point");
	same(contents("conf.d1/s/../a"), "a1", "to the directory it is in");
	is(chdir("conf.d1/s"), 0, "chdir to a mount point");
	same(contents("b"), "b3", "is on the far side");
	same(contents("../a"), "a1", "and back");
	is(unmount(nil, "."), 0, "unmount on dot");
	same(contents("x"), "x1", "dot is the place itself");
	is(bind("../../conf.d2", ".", MREPL), 0, "bind on dot");
	same(contents("b"), "b3", "is seen at once");
	unmount(nil, ".");
	chdir("../..");
	strcpy(here, path("."));
	bind("conf.d1", "/mnt", MREPL);
	chdir("/mnt/s");
	unmount(nil, "/mnt");
	same(path("."), "/mnt/s", "dot in a tree that was unmounted");
	same(contents("x"), "x1", "is still there");
	same(path(".."), "/mnt", "its parent is the place it was mounted on");
	same(contents("../a"), "file does not exist: '../a'", "with what is there now");
	chdir(here);
	bind("/", "/mnt", MREPL);
	same(path("/mnt/mnt/mnt/dev/null"), "/mnt/mnt/mnt/dev/null", "the root in itself has no bottom");
	same(path("/mnt/mnt/../dev/.."), "/mnt", "and .. goes back one by one");
	same(path("/mnt/mnt/../../.."), "/", "to the top");
	unmount(nil, "/mnt");
	bind("conf.d1", "conf.d1/s", MREPL);
	same(contents("conf.d1/s/s/s/a"), "a1", "nor has a directory in itself");
	chdir("conf.d1/s/s");
	same(contents("../../a"), "a1", "back from there");
	chdir(here);
	unmount(nil, "conf.d1/s");
	fd = open("conf.d1/s", OREAD);
	bind("conf.d2", "conf.d1/s", MREPL);
	n = 0;
	while(read(fd, buf, sizeof buf) > 0)
		n++;
	ok(n > 0, "an open directory is not mounted upon");
	close(fd);
	unmount(nil, "conf.d1/s");
}

static void
directories(void)
{
	char here[256], *s;

	strcpy(here, path("."));
	fails(chdir("nosuch"), "file does not exist: 'nosuch'", "chdir to what does not exist");
	fails(chdir("conf.d1/a"), "not a directory: 'conf.d1/a'", "to a file");
	fails(chdir("conf.d1/a/."), "not a directory: 'conf.d1/a/.'", "with a dot behind it");
	fails(chdir(""), "empty file name", "to the empty name");
	fails(chdir("#Z"), "unknown device in # filename", "to no device");
	fails(chdir("#c/null"), "not a directory: '#c/null'", "to a device's file");
	is(chdir("."), 0, "to dot");
	same(path("."), here, "which changes nothing");
	is(chdir("conf.d1//./s"), 0, "to a directory");
	s = path(".");
	same(s + strlen(here), "/conf.d1/s", "the path is cleaned");
	is(chdir("../.."), 0, "back");
	same(path("."), here, "where we were");
	is(chdir("#c"), 0, "to a device");
	same(path("null"), "#c/null", "files of it");
	is(chdir(".."), 0, ".. of a device");
	same(path("."), "#c", "is the device");
	is(chdir("/"), 0, "to the root");
	is(chdir(".."), 0, ".. of the root");
	same(path("."), "/", "is the root");
	same(path("dev/../dev/./null"), "/dev/null", "paths below it");
	is(chdir(here), 0, "back by its path");
	same(path("../nosuch/.."), "cannot be opened", "what does not exist has no ..");
	same(path("/dev//null"), "/dev/null", "double slashes");
	same(path("#c/null"), "#c/null", "a device's path");
	same(path("/dev/"), "/dev", "a slash at the end");
	is(fd2path(1, buf, 5), 0, "fd2path with little room");
	same(buf, "/dev", "is cut");
	buf[0] = 'x';
	is(fd2path(1, buf, 0), 0, "fd2path without room");
	is(buf[0], 'x', "writes nothing");
	fails(fd2path(77, buf, 5), "fd out of range or not open", "fd2path of nothing");
}

/* Errors quote the name up to the element that failed. */
static void
decorations(void)
{
	char name[300], *s;
	int i;

	fails(open("nosuch", OREAD), "file does not exist: 'nosuch'", "one element");
	fails(open("conf.d1/no/such", OREAD), "file does not exist: 'conf.d1/no'", "the name is cut after what failed");
	fails(open("./conf.d1//no/such", OREAD), "file does not exist: './conf.d1//no'", "as it was typed");
	fails(open("/dev/null/x", OREAD), "not a directory: '/dev/null'", "through a file");
	fails(open("/dev/null/", OREAD), "not a directory: '/dev/null/'", "a file with a slash");
	fails(open("/dev/null/.", OREAD), "not a directory: '/dev/null/.'", "a file with a dot");
	fails(open("#Z/x", OREAD), "unknown device in # filename", "no device: not decorated");
	fails(open("#M", OREAD), "mount/attach disallowed", "the mount driver");
	fails(open("#M/x", OREAD), "mount/attach disallowed", "below it");
	fails(open("#c/nosuch", OREAD), "file does not exist: '#c/nosuch'", "in a device");
	fails(open("it's", OREAD), "file does not exist: 'it''s'", "quotes are doubled");
	fails(open("a b", OREAD), "file does not exist: 'a b'", "blanks");
	fails(open("a\001b", OREAD), "bad character in file name: 'a\001b'", "control characters");
	fails(open("x/a\177b", OREAD), "bad character in file name: x/a\177b", "and DEL");
	fails(open("/", OWRITE), "permission denied", "no element: not decorated");
	fails(open("/.", OEXEC), "cannot exec directory", "nor here");
	fails(open("/dev/.", OEXEC), "cannot exec directory: '/dev/.'", "but here");
	fails(create("nosuch/f", OWRITE, 0666), "file does not exist: 'nosuch'", "create in what does not exist");
	fails(create("/dev/null/x", OWRITE, 0666), "permission denied: '/dev/null/x'", "create in a file");
	fails(create("/", OREAD, 0666), "create without DMDIR", "create of the root");
	fails(create("/", OREAD, DMDIR|0777), "file already exists", "as a directory");
	fails(create(".", OREAD, DMDIR|0777), "file already exists", "create of dot");
	fails(create("/..", OREAD, DMDIR|0777), "permission denied: '/..'", "create of ..");
	fails(create("/boot", OREAD, DMDIR|0777), "permission denied: '/boot'", "create of a directory that is there");
	ok(create("#c/osversion", OREAD, 0666) >= 0, "create of a device's file, for reading");
	ok(create("#c/osversion", OREAD, DMDIR|0777) >= 0, "even as a directory");
	ok(create("/dev/null/", OREAD, DMDIR|0777) >= 0, "even with a slash");
	fails(create("#c/osversion", OWRITE, 0666), "permission denied: '#c/osversion'", "but not for writing");
	fails(create("conf.x/", OWRITE, 0666), "create without DMDIR: 'conf.x/'", "a directory's name needs DMDIR");
	fails(stat("nosuch", (uchar*)buf, sizeof buf), "file does not exist: 'nosuch'", "stat");
	fails(remove("nosuch"), "file does not exist: 'nosuch'", "remove");
	fails(remove("/dev/null"), "permission denied", "remove refused by the device: not decorated");

	memset(name, 0, sizeof name);
	strcpy(name, "conf.d1/");
	for(i = strlen(name); i < 150; i++)
		name[i] = 'n';
	s = buf;
	strcpy(s, "file does not exist: '...");
	s += strlen(s);
	for(i = 0; i < 32; i++)
		*s++ = 'n';
	strcpy(s, "'");
	fails(open(name, OREAD), buf, "the end of a long name");
	memset(name, 0, sizeof name);
	for(i = 0; i < 60; i++){
		name[2*i] = '.';
		name[2*i+1] = '/';
	}
	strcpy(name+120, "nosuch/f");
	ok(open(name, OREAD) < 0, "many dots");
	rerrstr(buf, sizeof buf);
	ok(strlen(buf) < ERRMAX, "the error has its length");
	like(buf, "file does not exist: '...*nosuch'", "and the end of the name");
}

static void
sharps(void)
{
	fails(open("#/boot/cmds", OREAD), "file does not exist: '#/boot/cmds'", "#/boot is the root with a spec");
	same(path("#//boot"), "#/boot", "the directory is #//boot");
	is(bind("#c", "/mnt", MREPL), 0, "bind a device");
	same(contents("/mnt/nosuch"), "file does not exist: '/mnt/nosuch'", "names in it are those of the place");
	ok(listed("/mnt", "null") == 1, "its files are there");
	same(path("#//mnt/null"), "cannot be opened", "no mount is crossed in a # name");
	unmount("#c", "/mnt");
}

/* How often line is among those that fd, an ns file, still has. */
static int
lines(int fd, char *line)
{
	int n, count;

	count = 0;
	while((n = read(fd, buf, sizeof buf-1)) > 0){
		buf[n] = '\0';
		if(strcmp(buf, line) == 0)
			count++;
	}
	return count;
}

static int
shown(char *line)
{
	char name[32];
	int fd, n;

	snprint(name, sizeof name, "#p/%d/ns", getpid());
	fd = open(name, OREAD);
	n = lines(fd, line);
	close(fd);
	return n;
}

/* What ns says. */
static void
shows(void)
{
	char here[256], line[400], name[32];
	int fd;

	strcpy(here, path("."));
	bind("#c/null", "conf.d1/a", MREPL|MCREATE);
	snprint(line, sizeof line, "bind -c #c/null %s/conf.d1/a\n", here);
	is(shown(line), 1, "ns shows a file that is bound, with its flag");
	bind("/dev/zero", "conf.d1/a", MREPL|MCACHE);
	is(shown(line), 0, "until another is bound there");
	snprint(line, sizeof line, "bind -C /dev/zero %s/conf.d1/a\n", here);
	is(shown(line), 1, "which it shows then");
	unmount(nil, "conf.d1/a");
	is(shown(line), 0, "and not any more");
	bind("#c", "/mnt", MBEFORE|MCREATE|MCACHE);
	is(shown("bind -bcC #c /mnt\n"), 1, "all flags");
	is(shown("bind  /mnt /mnt\n"), 1, "and the place itself, without");
	snprint(name, sizeof name, "#p/%d/ns", getpid());
	fd = open(name, OREAD);
	read(fd, buf, sizeof buf);
	bind("#e", "/mnt", MAFTER);
	is(lines(fd, "bind -a #e /mnt\n"), 1, "what is bound while ns is read");
	close(fd);
	unmount(nil, "/mnt");
	snprint(line, sizeof line, "cd %s\n", here);
	is(shown(line), 1, "and where we are");
}

static void
privatebind(void)
{
	if(bind("conf.d1", "/mnt", MREPL) < 0)
		exits("bind failed");
	if(strcmp(contents("/mnt/a"), "a1") != 0)
		exits("not bound");
}

static void
emptyspace(void)
{
	if(open("/dev/null", OREAD) >= 0)
		exits("/dev/null is there");
	if(strcmp(error(), "file does not exist: '/dev/null'") != 0)
		exits("wrong error");
	if(open("#c/null", OREAD) < 0)
		exits("no #c");
}

static void
restricted(void)
{
	int p[2];

	if(open("#s", OREAD) >= 0 || strcmp(error(), "mount/attach disallowed") != 0)
		exits("#s can be attached");
	if(open("#p", OREAD) < 0 || open("#c/null", OREAD) < 0 || open("#d", OREAD) < 0 || open("#e", OREAD) < 0)
		exits("harmless devices cannot be attached");
	if(open("/dev/null", OREAD) < 0)
		exits("what is bound is gone");
	if(pipe(p) < 0)
		exits("no pipes");
	if(mount(p[0], -1, "/mnt", MREPL, "") != -1 || strcmp(error(), "mount/attach disallowed") != 0)
		exits("mount is allowed");
	if(bind("conf.d1", "/mnt", MREPL) != 0)
		exits("bind is not allowed");
	unmount(nil, "/mnt");
	if(rfork(RFCNAMEG) < 0 || open("#s", OREAD) >= 0)
		exits("a new name space is free");
}

static void
nothing(void)
{
}

static void
byachild(void)
{
	if(open("#s", OREAD) < 0)
		exits("#s cannot be attached");
	if(strcmp(waitchild(start(Fork|RFNOMNT, nothing)), "") != 0)
		exits("the child failed");
	if(open("#s", OREAD) >= 0 || strcmp(error(), "mount/attach disallowed") != 0)
		exits("#s can still be attached");
	if(unmount("#s", "/srv") < 0)
		exits("#s cannot be named to unmount it");
}

static void
groups(void)
{
	fine(Fork|RFNAMEG, privatebind, "RFNAMEG: a child binds");
	same(contents("/mnt/a"), "file does not exist: '/mnt/a'", "and its parent sees nothing");
	fine(Fork, privatebind, "without it");
	same(contents("/mnt/a"), "a1", "the parent sees it");
	fine(Fork|RFCNAMEG, emptyspace, "RFCNAMEG: nothing is bound");
	unmount(nil, "/mnt");
	fine(Fork|RFNAMEG|RFNOMNT, restricted, "RFNOMNT: what is forbidden");
	ok(open("#s", OREAD) >= 0, "is not in the parent");
	fine(Fork|RFNAMEG, byachild, "RFNOMNT of a child that shares the name space is for all who do");
	bind("conf.d1", "/mnt", MREPL);
	is(rfork(RFNAMEG), 0, "RFNAMEG alone");
	same(contents("/mnt/a"), "a1", "keeps what is bound");
	unmount(nil, "/mnt");
}

static void
conversations(void)
{
	char text[32];
	int fd, p[2];

	text[0] = 'x';
	fails(_fsession(0, text, 0), "bad arg in system call", "_fsession without room");
	is(_fsession(77, text, sizeof text), 0, "_fsession looks at no descriptor");
	is(text[0], '\0', "and gives nothing");
	pipe(p);
	fails(mount(-1, -1, "/mnt", MREPL, ""), "fd out of range or not open", "mount of no descriptor");
	fails(mount(p[0], -1, "/mnt", 8, ""), "bad arg in system call", "mount with flag 8");
	fails(mount(p[0], -1, "/mnt", MBEFORE|MAFTER, ""), "bad arg in system call", "mount before and after");
	fails(mount(77, -1, "/mnt", MREPL, "a\001"), "bad character in file name: 'a\001'", "mount with a bad name");
	fails(mount(p[0], 77, "/mnt", MREPL, ""), "fd out of range or not open", "mount with no auth descriptor");
	fails(_mount(77, "/mnt", MREPL, ""), "fd out of range or not open", "_mount");
	fd = open("/dev/null", OREAD);
	fails(mount(fd, -1, "/mnt", MREPL, ""), "inappropriate use of fd", "mount of one that is only read");
	fails(mount(p[0], fd, "/mnt", MREPL, ""), "inappropriate use of fd", "and as auth descriptor");
	strcpy(text, "9P2000");
	fails(fversion(fd, 0, text, sizeof text), "inappropriate use of fd", "fversion of one that is only read");
	fails(fversion(77, 0, text, sizeof text), "fd out of range or not open", "fversion of no descriptor");
	fails(fversion(p[0], 0, text, 0), "bad arg in system call", "fversion without room");
	fails(fversion(p[0], 0, text, 6), "bad arg in system call", "fversion without NUL");
	fails(fversion(77, 0, text, 6), "bad arg in system call", "which is looked at first");
	fails(fversion(p[0], -1, text, sizeof text), "bad iounit in version call", "fversion with a negative size");
	strcpy(text, "9P1999");
	fails(fversion(p[0], 0, text, sizeof text), "bad 9P version specification", "fversion with another version");
	fails(fauth(77, ""), "fd out of range or not open", "fauth of no descriptor");
	fails(fauth(fd, ""), "inappropriate use of fd", "fauth of one that is only read");
	fails(fauth(p[0], "\177"), "bad character in file name: \177", "fauth with a bad name");
	close(fd);
	is(write(p[1], "x", 1), 1, "nothing was sent");
	is(read(p[0], text, 5), 1, "and nothing read");
	close(p[0]);
	close(p[1]);
}

void
main(int argc, char *argv[])
{
	USED(argc);
	USED(argv);
	makedir("conf.d1");
	makedir("conf.d1/s");
	makedir("conf.d2");
	makedir("conf.d2/s");
	make("conf.d1/a", "a1");
	make("conf.d1/c", "c1");
	make("conf.d1/s/x", "x1");
	make("conf.d2/b", "b2");
	make("conf.d2/c", "c2");
	make("conf.d2/s/y", "y2");
	arguments();
	replaces();
	onfiles();
	unions();
	mountpoints();
	directories();
	decorations();
	sharps();
	shows();
	conversations();
	groups();
	remove("conf.d1/s/x");
	remove("conf.d2/s/y");
	remove("conf.d1/s");
	remove("conf.d2/s");
	remove("conf.d1/a");
	remove("conf.d1/c");
	remove("conf.d2/b");
	remove("conf.d2/c");
	is(remove("conf.d1"), 0, "clean up");
	is(remove("conf.d2"), 0, "everything");
	done();
}
