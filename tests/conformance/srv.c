#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/* What is posted in #s; facts/devices.md §8, observed-devices.md A.11, A.12, A.15 and B. */
static char	badfd[] = "fd out of range or not open";
static char	down[] = "device shut down";
static char	exists[] = "file already exists";
static char	gone[] = "file does not exist";
static char	perm[] = "permission denied";
static char	toobig[] = "read or write too large";
static char	usefd[] = "inappropriate use of fd";

enum
{
	Fixed = 49,	/* an entry with empty strings */
};

static int	p[2];
static char	buf[8192];
static char	a[] = "#s/conf.a";
static char	b[] = "#s/conf.b";
static uchar	entry[512];

/* Posts fd; the descriptor of the posting. */
static int
post(char *name, int mode, int perm, char *fd)
{
	int n;

	n = create(name, mode, perm);
	if(n >= 0 && fd != nil && write(n, fd, strlen(fd)) != strlen(fd)){
		close(n);
		return -1;
	}
	return n;
}

static char*
num(int n)
{
	static char text[12];

	snprint(text, sizeof text, "%d", n);
	return text;
}

/* What comes out of the pipe's second end; must be there. */
static char*
arrives(void)
{
	static char text[64];
	vlong n;

	memset(entry, 0, sizeof entry);
	fstat(p[1], entry, sizeof entry);
	memcpy(&n, entry+33, 8);
	if(n == 0)
		return "nothing arrives";
	text[read(p[1], text, sizeof text-1)] = '\0';
	return text;
}

/* wstat of nothing but these. */
static int
change(char *name, char *newname, u32int mode)
{
	uchar e[Fixed+200];
	int n;

	n = strlen(newname);
	memset(e, 0xff, sizeof e);
	e[0] = Fixed-2+n;
	e[1] = 0;
	memcpy(e+21, &mode, 4);
	e[41] = n;
	e[42] = 0;
	memcpy(e+43, newname, n);
	memset(e+43+n, 0, 6);
	return wstat(name, e, Fixed+n);
}

static u32int
mode(char *name)
{
	memset(entry, 0, sizeof entry);
	if(stat(name, entry, sizeof entry) < Fixed)
		return 1;
	return *(u32int*)(entry+21);
}

/* The names in a directory, each with a blank behind it. */
static char*
list(char *name)
{
	static char names[8192];
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

static void
posting(void)
{
	char path[64];
	int c, fd;

	pipe(p);
	c = create(a, OWRITE, 0600);
	ok(c >= 0, "create a posting");
	fails(open(a, OREAD), "device shut down: '#s/conf.a'", "there is nothing in it yet");
	is(write(c, num(p[0]), strlen(num(p[0]))), strlen(num(p[0])), "post a pipe");
	fails(write(c, "0", 1), usefd, "a second time");
	close(c);
	fd = open(a, ORDWR);
	ok(fd >= 0, "open what was posted");
	write(fd, "hello", 5);
	same(arrives(), "hello", "it is the pipe");
	fd2path(fd, path, sizeof path);
	same(path, "#|/data", "and has its name");
	close(fd);
	fd = open(a, OREAD);
	is(write(fd, "x", 1), 1, "opened for reading it can still be written: it is the very channel");
	same(arrives(), "x", "and that arrives");
	close(fd);
	fd = open(a, OWRITE);
	is(write(p[1], "back", 4), 4, "opened for writing");
	is(read(fd, buf, 9), 4, "it can still be read");
	close(fd);
	fails(open(a, OEXEC), "permission denied: '#s/conf.a'", "open it for execution");
	fails(open(a, OREAD|OTRUNC), "file already exists: '#s/conf.a'", "open it truncated");
	fails(open(a, OREAD|ORCLOSE), "permission denied: '#s/conf.a'", "open it to be removed");
	fails(create(a, OWRITE, 0600), "file already exists: '#s/conf.a'", "create it again");
	fails(create(a, OWRITE|OEXCL, 0600), "file already exists: '#s/conf.a'", "or exclusively");
	fails(create(b, OREAD, 0600), "permission denied: '#s/conf.b'", "create one for reading");
	fails(create(b, ORDWR, 0600), "permission denied: '#s/conf.b'", "for both");
	c = create(b, OWRITE|OTRUNC, 0600);
	ok(c >= 0, "create one truncated");
	fails(read(c, buf, 1), usefd, "a posting cannot be read");
	close(c);
	is(remove(b), 0, "remove it");
	c = create(b, OWRITE|OCEXEC, 0600);
	ok(c >= 0, "create one to be closed by exec");
	close(c);
	remove(b);
	fails(remove(b), "file does not exist: '#s/conf.b'", "remove it twice");
	fails(open("#s/conf.a/x", OREAD), "not a directory: '#s/conf.a'", "nothing is below a posting");
	is(remove(a), 0, "remove the first one");
	close(p[0]);
	is(read(p[1], buf, 1), 0, "nothing of it is left");
	close(p[1]);
}

static void
files(void)
{
	int fd, other;

	fd = create("conf.file", ORDWR, 0666);
	write(fd, "0123456789", 10);
	close(fd);
	fd = open("conf.file", OREAD);
	close(post(a, OWRITE, 0600, num(fd)));
	other = open(a, OREAD);
	read(fd, buf, 3);
	is(read(other, buf, 3), 3, "a posted file");
	ok(memcmp(buf, "345", 3) == 0, "shares its offset");
	close(other);
	fails(open(a, OWRITE), "permission denied: '#s/conf.a'", "one for reading cannot be opened for writing");
	fails(open(a, ORDWR), "permission denied: '#s/conf.a'", "nor for both");
	close(fd);
	other = open(a, OREAD);
	is(read(other, buf, 20), 4, "it stays open although its descriptor is closed");
	close(other);
	remove(a);
	remove("conf.file");
}

/* In a child: text posts descriptor n, which becomes the pipe. */
static char	*digits;
static int	meant;

static void
lenient(void)
{
	int c, fd;

	if(pipe(p) < 0)
		_exits("no pipe");
	c = create(a, OWRITE, 0600);
	dup(p[0], meant);
	close(p[0]);
	if(write(c, digits, strlen(digits)) != strlen(digits))
		_exits("cannot be posted");
	fd = open(a, ORDWR);
	write(fd, "here", 4);
	if(strcmp(arrives(), "here") != 0)
		_exits("another descriptor");
}

static void
numbers(void)
{
	static struct
	{
		char	*text;
		int	fd;
		char	*name;
	} good[] = {
		{"1", 1, "a number"},
		{"1\n", 1, "a line"},
		{" 1", 1, "a blank before it"},
		{"1 junk", 1, "junk behind it"},
		{"0x12", 18, "hexadecimal"},
		{"017", 15, "octal"},
		{"+1", 1, "with a sign"},
		{"junk", 0, "junk is 0"},
		{"", 0, "nothing is 0"},
		{"0000000000000000000000000000001", 1, "31 bytes"},
	};
	int c, i;

	for(i = 0; i < nelem(good); i++){
		digits = good[i].text;
		meant = good[i].fd;
		fine(Fork, lenient, good[i].name);
		remove(a);
	}
	c = create(a, OWRITE, 0600);
	fails(write(c, "00000000000000000000000000000001", 32), toobig, "32 bytes");
	fails(write(c, "99", 2), badfd, "a number that is not open");
	fails(write(c, "-1", 2), badfd, "a negative one");
	fails(write(c, "123456789012", 12), badfd, "a large one");
	is(write(c, "0", 1), 1, "one that failed can be tried again");
	fails(write(c, "0", 1), usefd, "one that did not cannot");
	close(c);
	remove(a);
}

static void
postandgo(void)
{
	close(post(a, OWRITE, 0600, num(p[0])));
}

static void
lifetime(void)
{
	int c, fd, pid;

	pipe(p);
	pid = start(Fork, postandgo);
	same(waitchild(pid), "", "a child posts and ends");
	close(p[0]);
	fd = open(a, ORDWR);
	write(fd, "still", 5);
	same(arrives(), "still", "what it posted stays");
	close(fd);
	is(write(p[1], "x", 1), 1, "a posting keeps its end of a pipe open");
	remove(a);
	is(read(p[1], buf, 1), 0, "until it is removed");
	close(p[1]);

	c = create(a, OWRITE|ORCLOSE, 0600);
	write(c, "0", 1);
	fd = open(a, OREAD);
	ok(fd >= 0, "one to be removed when it is closed");
	close(fd);
	ok(open(a, OREAD) >= 0, "is not when what it posted is closed");
	close(c);
	fails(open(a, OREAD), "file does not exist: '#s/conf.a'", "but when it is itself");

	c = create(a, OWRITE, 0600);
	remove(a);
	fails(write(c, "0", 1), gone, "a removed posting cannot be written");
	fails(fstat(c, entry, sizeof entry), gone, "and is no file any more");
	close(c);

	c = create(a, OWRITE, 0600);
	is(write(c, num(c), strlen(num(c))), strlen(num(c)), "a posting can post itself");
	fd = open(a, OWRITE);
	ok(fd >= 0, "and be opened");
	fails(write(fd, "0", 1), usefd, "it is the posting");
	close(c);
	close(fd);
	is(remove(a), 0, "and can be removed");
}

static void
entries(void)
{
	char name[160], *s;
	int c;

	close(create(a, OWRITE, 0654));
	close(create(b, OWRITE, 0600));
	s = list("#s");
	ok(strncmp(s, "clone conf.b conf.a ", 20) == 0, "the newest is listed first, after clone");
	is(mode(a), 0654, "the mode is that of create");
	is(entry[2], 's', "its type is s");
	is(mode("#s"), DMDIR|0777, "the mode of the directory");
	is(mode("#s/clone"), 0444, "and of clone");
	is(change(a, "conf.c", 0640), Fixed+6, "wstat of name and mode");
	is(mode("#s/conf.c"), 0640, "changes both");
	fails(stat(a, entry, sizeof entry), "file does not exist: '#s/conf.a'", "the old name is gone");
	fails(change("#s/conf.c", "conf.b", ~0), exists, "a name that is there already");
	fails(change("#s/conf.c", "clone", ~0), exists, "clone is always there");
	is(change("#s/conf.c", "conf.c", ~0), Fixed+6, "its own name");
	fails(change("#s/conf.c", "conf/d", ~0), "bad character in file name: conf/d", "a name with a slash");
	fails(change("#s", "", 0700), perm, "wstat of the directory");
	fails(change("#s/clone", "", 0700), perm, "and of clone");
	remove("#s/conf.c");
	remove(b);
	fails(open("#s", OWRITE), "file is a directory", "open the directory for writing");
	fails(open("#s", ORDWR), "file is a directory", "or both");
	fails(open("#s", OREAD|OTRUNC), exists, "or truncated");
	fails(create("#s/clone", OWRITE, 0600), "file already exists: '#s/clone'", "create clone");
	fails(remove("#s/clone"), perm, "remove clone");
	fails(open("#s/conf.none", OREAD), "file does not exist: '#s/conf.none'", "what is not there");
	memcpy(name, "#s/", 3);
	memset(name+3, 'n', 128);
	name[3+127] = '\0';
	c = create(name, OWRITE, 0600);
	ok(c >= 0, "a name of 127 bytes");
	close(c);
	remove(name);
	name[3+127] = 'n';
	name[3+128] = '\0';
	fails(create(name, OWRITE, 0600), "name too long: '...nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn'", "one of 128");
	is(mode("#s/.."), DMDIR|0777, "the parent of #s is #s");
}

static void
boards(void)
{
	char dir[64], name[64], inside[80], err[160];
	int c, d, fd, n;

	c = open("#s/clone", OREAD);
	ok(c >= 0, "open clone");
	n = read(c, name, sizeof name-1);
	ok(n > 0, "its name can be read");
	name[n] = '\0';
	is(read(c, buf, 9), 0, "once");
	is(pread(c, buf, 9, 1), n-1, "or from an offset");
	fails(write(c, "0", 1), usefd, "it cannot be written");
	fails(fstat(c, entry, sizeof entry), gone, "nor has it an entry");
	snprint(dir, sizeof dir, "#s/%s", name);
	is(mode(dir), DMDIR|0770, "a directory of that name is there");
	same(list(dir), "clone ", "with a clone of its own");
	snprint(inside, sizeof inside, "%s/inside", dir);
	d = create(inside, OWRITE, 0600);
	ok(d >= 0, "a posting in it");
	is(write(d, "0", 1), 1, "of descriptor 0");
	same(list(dir), "clone inside ", "is listed");
	fd = open(inside, OREAD);
	ok(fd >= 0, "and can be opened");
	close(fd);
	fails(remove(dir), perm, "remove the directory");
	snprint(err, sizeof err, "%s/..", dir);
	is(mode(err), DMDIR|0777, "its parent is #s");
	is(change(dir, "conf.board", 0755), Fixed+10, "wstat of it");
	is(mode("#s/conf.board"), DMDIR|0755, "changes name and mode");
	close(c);
	same(list("#s/conf.board"), "clone ", "what was posted goes when clone is closed");
	fails(write(d, "0", 1), down, "what is open is shut down");
	fails(create("#s/conf.board/x", OWRITE, 0600), "device shut down: '#s/conf.board/x'", "nothing can be posted any more");
	fails(open("#s/conf.board/clone", OREAD), "device shut down: '#s/conf.board/clone'", "nor another board made");
	close(d);
	fails(stat("#s/conf.board", entry, sizeof entry), "file does not exist: '#s/conf.board'", "with the last descriptor the directory goes");

	c = open("#s/clone", OWRITE);
	ok(c >= 0, "clone opens for writing");
	fails(write(c, "0", 1), perm, "but cannot be written");
	fails(read(c, buf, 9), usefd, "nor read");
	close(c);
	c = open("#s/clone", ORDWR);
	ok(c >= 0, "and for both");
	fails(write(c, "0", 1), perm, "it cannot be written either");
	n = read(c, name, sizeof name-1);
	name[n] = '\0';
	snprint(dir, sizeof dir, "#s/%s", name);
	snprint(inside, sizeof inside, "#s/%s/clone", name);
	d = open(inside, OREAD);
	n = read(d, buf, 20);
	buf[n] = '\0';
	snprint(inside, sizeof inside, "#s/%s/%s", name, buf);
	is(mode(inside), DMDIR|0770, "a board in a board");
	close(c);
	is(mode(inside), DMDIR|0770, "stays when the outer one is closed");
	close(d);
	snprint(err, sizeof err, "file does not exist: '%s'", dir);
	fails(stat(dir, entry, sizeof entry), err, "with the inner one both go");
}

/* As the user none. */
static void
nobody(void)
{
	int fd;

	fd = open("/dev/user", OWRITE);
	if(fd < 0 || write(fd, "none", 4) != 4)
		_exits("cannot become none");
	close(fd);
	if(open(a, OREAD) >= 0 || strcmp(error(), "permission denied: '#s/conf.a'") != 0)
		_exits("none opens what is the owner's only");
	if(open(b, OREAD) < 0)
		_exits("none cannot open what all may read");
	if(open(b, ORDWR) >= 0 || strcmp(error(), "permission denied: '#s/conf.b'") != 0)
		_exits("none may write what all may only read");
	if(remove(b) >= 0 || strcmp(error(), perm) != 0)
		_exits("none may remove another's posting");
	if(change(b, "", 0666) >= 0 || strcmp(error(), perm) != 0)
		_exits("none may change another's posting");
	if(stat(digits, entry, sizeof entry) >= 0)
		_exits("none may enter another's board");
	fd = create("#s/conf.c", OWRITE, 0666);
	if(fd < 0)
		_exits("none cannot post");
	if(remove("#s/conf.c") < 0)
		_exits("none cannot remove its own posting");
}

static void
others(void)
{
	char board[64];
	int c, n;

	pipe(p);
	close(post(a, OWRITE, 0600, num(p[0])));
	close(post(b, OWRITE, 0644, num(p[0])));
	c = open("#s/clone", OREAD);
	memcpy(board, "#s/", 3);
	n = read(c, board+3, sizeof board-4);
	board[3+n] = '\0';
	digits = board;
	fine(Fork, nobody, "another user may do what the mode says");
	close(c);
	remove(a);
	remove(b);
	close(p[0]);
	close(p[1]);
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	posting();
	files();
	numbers();
	lifetime();
	entries();
	boards();
	others();
	done();
}
