#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/*
 * Devices of a few small files: #/, #c, #d and #e; facts/devices.md §2, §3, §4, §7,
 * facts/observed-devices.md A.1-A.8, A.13, A.14 and B.  Leaves the machine as it was.
 */
static char badarg[] = "bad arg in system call";
static char badtime[] = "bad time control";
static char gone[] = "file does not exist";
static char isdir[] = "file is a directory";
static char nomem[] = "kernel allocate failed";
static char perm[] = "permission denied";
static char usefd[] = "inappropriate use of fd";

enum
{
	Fixed = 49,	/* an entry with empty strings */
	Page = 16384,
};

static char buf[8192], big[Page];
static uchar entry[512];

static uvlong
get(uchar *p, int n)
{
	uvlong v;

	for(v = 0; n > 0; n--)
		v = v<<8 | p[n-1];
	return v;
}

/* Fills entry; false if there is none. */
static int
has(char *name)
{
	memset(entry, 0, sizeof entry);
	return stat(name, entry, sizeof entry) >= Fixed;
}

static u32int
mode(char *name)
{
	return has(name) ? get(entry+21, 4) : 1;
}

static vlong
length(char *name)
{
	return has(name) ? get(entry+33, 8) : -1;
}

static vlong
version(char *name)
{
	return has(name) ? get(entry+9, 4) : -1;
}

/* wstat of nothing. */
static int
sync(char *name)
{
	uchar e[Fixed];

	memset(e, 0xff, sizeof e);
	e[0] = Fixed-2;
	e[1] = 0;
	memset(e+41, 0, 8);
	return wstat(name, e, sizeof e);
}

/* The names in what is left of a directory, each with a blank behind it. */
static char*
names(int fd)
{
	static char text[8192];
	int i, n, m;
	char *s;

	s = text;
	while((n = read(fd, buf, sizeof buf)) > 0)
		for(i = 0; i < n; i += get((uchar*)buf+i, 2)+2){
			m = get((uchar*)buf+i+41, 2);
			memmove(s, buf+i+43, m);
			s += m;
			*s++ = ' ';
		}
	*s = '\0';
	return text;
}

static char*
list(char *name)
{
	char *s;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		return "cannot be opened";
	s = names(fd);
	close(fd);
	return s;
}

/* At most 100 bytes of a file. */
static char*
contents(char *name)
{
	static char text[101];
	int fd;
	long n;

	fd = open(name, OREAD);
	if(fd < 0)
		return "cannot be opened";
	n = read(fd, text, 100);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static char*
path(char *name)
{
	static char text[128];
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		return "cannot be opened";
	fd2path(fd, text, sizeof text);
	close(fd);
	return text;
}

static void
root(void)
{
	int fd, n;

	ok(strncmp(list("#/"), "boot bin dev env fd mnt n net net.alt proc rc root srv shr ", 58) == 0, "the names in #/");
	is(mode("#/"), DMDIR|0555, "its mode");
	is(mode("#//boot"), DMDIR|0555, "that of boot");
	is(get(entry+13, 8), 0x1000, "and its qid");
	is(mode("#//bin"), DMDIR|0555, "the next");
	is(get(entry+13, 8), 3, "is 3");
	fails(create("#//x", OWRITE, 0666), "permission denied: '#//x'", "nothing can be created");
	fails(create("#//boot/x", OREAD, DMDIR|0777), "permission denied: '#//boot/x'", "nor in boot");
	fails(remove("#//mnt"), perm, "nor removed");
	fails(sync("#//mnt"), perm, "nor changed");
	fails(open("#//mnt", OWRITE), "permission denied: '#//mnt'", "nor opened for writing");
	same(list("#//mnt"), "", "mnt is empty");
	same(path("#//mnt/mnt/mnt"), "#/mnt/mnt/mnt", "and has itself in it");
	fails(open("#//mnt/n", OREAD), "file does not exist: '#//mnt/n'", "but nothing else");
	fails(open("#//boot/boot", OREAD), "file does not exist: '#//boot/boot'", "boot has not");
	same(path("#//mnt/../n"), "#/n", "its parent is the root");

	fd = open("#/", OREAD);
	n = read(fd, buf, 200);
	ok(n > Fixed, "read two or three entries");
	memmove(big, buf, n);
	ok(pread(fd, buf, 200, 0) > Fixed && memcmp(buf, big, 100) != 0, "pread at 0 goes on");
	fails(pread(fd, buf, 200, 1), "seek in directory", "pread elsewhere");
	fails(read(fd, buf, 10), "i/o count too small", "with room for no entry");
	is(read(fd, buf, 0), 0, "with none at all");
	is(seek(fd, 0, 0), 0, "seek");
	ok(read(fd, buf, 200) == n && memcmp(buf, big, n) == 0, "starts again");
	close(fd);
	is(stat("#/", entry, 2), 2, "stat with little room");
	is(get(entry, 2), Fixed-2 + 3*strlen(contents("#c/hostowner")), "says how long the device's own entry is");
}

/* What is in #c, in order. */
static struct
{
	char	*name;
	int	qid;
	int	length;
	u32int	mode;
} consdir[] = {
	{"bintime", 1, 24, 0664},
	{"cons", 2, 0, 0660},
	{"consctl", 3, 0, 0220},
	{"cputime", 4, 72, 0444},
	{"drivers", 5, 0, 0666},
	{"hostdomain", 8, 48, 0664},
	{"hostowner", 9, 0, 0664},
	{"kmesg", 6, 0, 0440},
	{"kprint", 7, 0, DMEXCL|0440},
	{"null", 10, 0, 0666},
	{"osversion", 11, 0, 0444},
	{"pid", 12, 12, 0444},
	{"ppid", 13, 12, 0444},
	{"random", 14, 0, 0444},
	{"reboot", 15, 0, 0220},
	{"sysname", 16, 0, 0664},
	{"sysstat", 17, 0, 0664},
	{"time", 18, 78, 0664},
	{"user", 19, 0, 0666},
	{"zero", 20, 0, 0444},
	{"config", 22, 0, 0444},
	{"mordor", 21, 0, 0666},
};

/* Are the n bytes at s a number and a blank, right-justified? */
static int
isnumber(char *s, int n)
{
	if(s[n-1] != ' ')
		return 0;
	for(n--; n > 1 && *s == ' '; n--)
		s++;
	for(; n > 0; n--, s++)
		if(*s < '0' || *s > '9')
			return 0;
	return 1;
}

static void
cons(void)
{
	char name[64], want[512], *s;
	int fd, i, n;
	vlong t, u;

	s = want;
	for(i = 0; i < nelem(consdir); i++){
		s += snprint(s, want+sizeof want-s, "%s ", consdir[i].name);
		snprint(name, sizeof name, "#c/%s", consdir[i].name);
		ok(mode(name) == consdir[i].mode && get(entry+13, 8) == consdir[i].qid
			&& get(entry+33, 8) == consdir[i].length && entry[2] == 'c', name);
	}
	same(list("#c"), want, "in this order");
	is(mode("#c"), DMDIR|0555, "the mode of #c");
	fails(create("#c/x", OWRITE, 0666), "permission denied: '#c/x'", "create in it");
	fails(remove("#c/null"), perm, "remove from it");
	fails(sync("#c/null"), perm, "wstat");
	fails(open("#c", OWRITE), perm, "open it for writing");

	fd = open("#c/time", OREAD);
	is(read(fd, buf, sizeof buf), 78, "time");
	ok(isnumber(buf, 12) && isnumber(buf+12, 22) && isnumber(buf+34, 22) && isnumber(buf+56, 22), "is four numbers");
	ok(memcmp(buf+1, buf+14, 10) == 0, "the second begins with the first");
	is(pread(fd, buf, 100, 70), 8, "they have offsets");
	is(pread(fd, buf, 100, 78), 0, "and an end");
	is(pread(fd, buf, 100, (vlong)1<<32), 78, "of 32 bits");
	close(fd);
	fd = open("#c/bintime", OREAD);
	is(pread(fd, buf, 100, 1000), 24, "bintime knows no offset");
	is(read(fd, buf, 23), 16, "and gives whole numbers");
	is(read(fd, buf, 15), 8, "that fit");
	for(t = i = 0; i < 8; i++)
		t = t<<8 | (uchar)buf[i];
	u = nsec();
	ok(t <= u && u-t < (vlong)60*1000000000, "the first is the time, big-endian");
	is(read(fd, buf, 7), 0, "or none");
	close(fd);
	fd = open("#c/cputime", OREAD);
	is(read(fd, buf, 100), 72, "cputime");
	for(i = n = 0; i < 6; i++)
		n += isnumber(buf+12*i, 12);
	is(n, 6, "is six numbers");
	close(fd);
	fd = open("#c/sysstat", OREAD);
	n = read(fd, buf, sizeof buf);
	ok(n > 0 && n%121 == 0 && buf[120] == '\n' && isnumber(buf, 12) && isnumber(buf+108, 12), "sysstat: a line of ten for each processor");
	close(fd);
	same(contents("#c/osversion"), "2000", "osversion");
	fd = open("#c/pid", OREAD);
	is(pread(fd, buf, 100, 5), 7, "pid at an offset");
	close(fd);
	fd = open("#c/user", OREAD);
	n = read(fd, buf, 100);
	is(pread(fd, buf, 100, 1), n-1, "user at an offset");
	close(fd);
	like(contents("#c/drivers"), "#/ root\n#c cons\n*", "drivers");

	fd = open("#c/mordor", ORDWR);
	fails(read(fd, buf, 1), "one does not simply read from mordor", "mordor");
	fails(write(fd, buf, 1), "one does not simply write into mordor", "nor that");
	is(read(fd, buf, 0), 0, "nothing can be read");
	close(fd);
	fd = open("#c/kprint", OREAD);
	if(ok(fd >= 0, "kprint")){
		fails(open("#c/kprint", OREAD), "device or object already in use: '#c/kprint'", "is for one");
		snprint(name, sizeof name, "#d/%dctl", fd);
		like(contents(name), "*(0000000000000007 0 20) 65536        0 #c/kprint\n", "its line in #d");
	}
	close(fd);
	ok((fd = open("#c/kprint", OREAD)) >= 0, "at a time");
	close(fd);

	fd = open("#c/user", OWRITE);
	fails(write(fd, "none\n", 5), perm, "nobody becomes that");
	fails(write(fd, "root", 4), perm, "nor anybody but none");
	close(fd);
	fd = open("#c/hostowner", OWRITE);
	fails(write(fd, "", 0), badarg, "the host owner is somebody");
	fails(write(fd, "abcdefghijklmnopqrstuvwxyzab", 28), "name too long", "with a name of 27 bytes at most");
	close(fd);
	fd = open("#c/hostdomain", OWRITE);
	fails(write(fd, "", 0), badarg, "hostdomain");
	fails(write(fd, big, 48), badarg, "has less than 48 bytes");
	close(fd);
	fd = open("#c/sysname", OWRITE);
	fails(write(fd, "", 0), badarg, "sysname");
	fails(write(fd, big, 256), badarg, "has less than 256");
	fails(pwrite(fd, "x", 1, 1), badarg, "from the start");
	close(fd);
	fd = open("#c/time", OWRITE);
	fails(write(fd, "1234567890123", 13), badtime, "time");
	fails(write(fd, "now", 3), badtime, "is a number");
	fails(write(fd, "-5", 2), badtime, "above zero");
	close(fd);
	fd = open("#c/bintime", OWRITE);
	fails(write(fd, "n", 1), badtime, "bintime");
	fails(write(fd, "n1234567", 8), badtime, "wants eight bytes");
	fails(write(fd, "d12345678901", 12), badtime, "or twelve");
	fails(write(fd, "f\0\0\0\0\0\0\0\0", 9), badtime, "and not zero");
	is(write(fd, "xy", 2), 2, "or does nothing");
	close(fd);
	fd = open("#c/reboot", OWRITE);
	fails(write(fd, "", 0), "empty control message", "reboot");
	fails(write(fd, "stay 'as you' are\n", 18), "unknown control message \"stay 'as you' are\"", "knows few words");
	close(fd);
	fd = open("#c/drivers", OWRITE);
	fails(write(fd, "", 0), "empty control message", "drivers");
	fails(write(fd, "chdef ~", 7), "unknown control message \"chdef ~\"", "knows one");
	fails(write(fd, "chdev", 5), badarg, "chdev of what");
	fails(write(fd, "chdev x", 7), badarg, "chdev of nothing known");
	fails(write(fd, "chdev & a b", 11), badarg, "chdev & with two lists");
	fails(write(fd, "chdev ~ a", 9), badarg, "chdev ~ with one");
	close(fd);
}

static int
become(void)
{
	int fd, n;

	fd = open("#c/user", OWRITE);
	n = write(fd, "none", 4);
	close(fd);
	return n;
}

static char*
tries(char *name, int mode)
{
	int fd;

	fd = open(name, mode);
	if(fd < 0)
		return error();
	close(fd);
	return "";
}

static void
nobody(void)
{
	static char *refused[] = {"#c/cons", "#c/consctl", "#c/bintime", "#c/hostowner", "#c/hostdomain", "#c/reboot", "#c/sysname", "#c/sysstat", "#c/time"};
	static char *allowed[] = {"#c/user", "#c/null", "#c/drivers", "#c/mordor"};
	int fd, i;

	if(become() != 4 || strcmp(contents("#c/user"), "none") != 0)
		exits("cannot become none");
	for(i = 0; i < nelem(refused); i++){
		snprint(buf, sizeof buf, "permission denied: '%s'", refused[i]);
		if(strcmp(tries(refused[i], OWRITE), buf) != 0)
			exits(refused[i]);
	}
	for(i = 0; i < nelem(allowed); i++)
		if(strcmp(tries(allowed[i], OWRITE), "") != 0)
			exits(allowed[i]);
	if(strcmp(tries("#c/kmesg", OREAD), "permission denied: '#c/kmesg'") != 0)
		exits("kmesg");
	if(strcmp(tries("#c/time", OREAD), "") != 0)
		exits("time cannot be read");
	if(create("#ec/conf", OWRITE, 0666) >= 0 || strcmp(error(), "permission denied: '#ec/conf'") != 0)
		exits("#ec can be written");
	if((fd = create("#e/conf", OWRITE, 0666)) < 0 || write(fd, "x", 1) != 1)
		exits("own variables cannot");
	if(strcmp(tries("conf.own", OREAD), "") != 0)
		exits("a file of a tree that was mounted before");
	fd = open("#c/drivers", OWRITE);
	if(write(fd, "chdev &~ |\n", 11) != 11)
		exits("chdev");
	if(pipe((int*)big) >= 0 || strcmp(error(), "mount/attach disallowed") != 0)
		exits("there are pipes");
	if(write(fd, "chdev & cd", 10) != 10 || open("#e", OREAD) >= 0 || open("#c", OREAD) < 0)
		exits("chdev &");
	if(write(fd, "chdev ~", 7) != 7 || open("#c", OREAD) >= 0)
		exits("chdev ~");
}

/* wstat of a uid in a file of /proc. */
static int
owner(int pid, char *uid)
{
	uchar e[Fixed+32];
	char name[32];
	int n;

	n = strlen(uid);
	memset(e, 0xff, sizeof e);
	e[0] = Fixed-2+n;
	e[1] = 0;
	memset(e+41, 0, 8);
	e[43] = n;
	memmove(e+45, uid, n);
	memset(e+45+n, 0, 4);
	snprint(name, sizeof name, "#p/%d/ctl", pid);
	return wstat(name, e, Fixed+n);
}

static void
another(void)
{
	char user[64];

	strcpy(user, contents("#c/user"));
	if(owner(getpid(), "none") != Fixed+4 || strcmp(contents("#c/user"), "none") != 0)
		exits("does not become none");
	if(owner(getpid(), user) >= 0 || strcmp(error(), perm) != 0)
		exits("and back");
	if(owner(1, "none") >= 0 || strcmp(error(), perm) != 0)
		exits("another process becomes none");
}

static void
dups(void)
{
	char name[64], ctl[64], err[96], *s;
	int fd, other, p[2];

	is(mode("#d"), DMDIR|0555, "the mode of #d");
	fd = create("conf.own", ORDWR, 0600);
	write(fd, "0123456789", 10);
	snprint(name, sizeof name, "#d/%d", fd);
	snprint(ctl, sizeof ctl, "#d/%dctl", fd);
	is(mode(name), 0600, "one for both");
	is(get(entry+13, 8), 2*fd+1, "its qid");
	is(mode(ctl), 0400, "its ctl");
	is(get(entry+13, 8), 2*fd+2, "and its qid");
	snprint(err, sizeof err, "%3d rw M *    10 /*/conf.own\n", fd);
	like(contents(ctl), err, "which tells about it");
	s = strchr(contents(ctl), ')');
	ok(s != nil && atoi(s+1) > 0, "a file of a server has an iounit");
	other = open(name, OREAD|OTRUNC);
	ok(other > fd, "open it, OTRUNC does nothing");
	is(seek(other, 4, 0), 4, "it is the same channel");
	is(seek(fd, 0, 1), 4, "with one offset");
	is(write(other, "x", 1), 1, "and one mode");
	close(other);
	snprint(err, sizeof err, "permission denied: '%s'", name);
	fails(open(name, OREAD|ORCLOSE), err, "with ORCLOSE");
	fails(remove(name), perm, "remove it");
	fails(sync(name), perm, "wstat");
	fails(create("#d/77", OWRITE, 0666), "permission denied: '#d/77'", "create one");
	fails(open("#d", OWRITE), isdir, "open #d for writing");
	fails(open("#d/077", OREAD), "file does not exist: '#d/077'", "no zeros in front");
	other = open(ctl, ORDWR|OTRUNC);
	ok(other >= 0, "a ctl opens in any mode");
	fails(write(other, "x", 1), perm, "but is not written");
	close(fd);
	fails(read(other, buf, 10), "fd out of range or not open", "a ctl of what is closed");
	fails(fstat(other, entry, sizeof entry), gone, "has no entry");
	close(other);
	snprint(err, sizeof err, "file does not exist: '%s'", name);
	fails(open(name, OREAD), err, "nor is it there");
	pipe(p);
	fd = open("#c/null", OREAD);
	snprint(name, sizeof name, "#d/%d", fd);
	is(mode(name), 0400, "one for reading");
	snprint(err, sizeof err, "inappropriate use of fd: '%s'", name);
	fails(open(name, OWRITE), err, "is not opened for writing");
	fails(open(name, ORDWR), err, "nor for both");
	close(fd);
	snprint(name, sizeof name, "#d/%d", p[0]);
	ok((fd = open(name, OEXEC)) >= 0, "one for both opens for execution");
	close(fd);
	close(p[0]);
	close(p[1]);
}

static void
variables(void)
{
	int a, b, fd;
	vlong v;

	is(rfork(RFCENVG), 0, "RFCENVG");
	same(list("#e"), "", "no variables");
	is(mode("#e"), DMDIR|0555, "the mode of #e");
	fails(open("#ex", OREAD), badarg, "there are two groups only");
	fails(open("#e", OWRITE), perm, "open it for writing");
	fails(open("#e", OREAD|ORCLOSE), perm, "or to be removed");
	a = create("#e/a", ORDWR, 0400);
	ok(a >= 0, "create one");
	is(mode("#e/a"), 0666, "its mode is 0666");
	fails(create("#e/a", OWRITE|OEXCL, 0666), "file already exists: '#e/a'", "exclusively");
	is(write(a, "hello", 5), 5, "write");
	is(version("#e/a"), 1, "makes another version");
	is(length("#e/a"), 5, "and a length");
	is(pwrite(a, "", 0, 8), 0, "write nothing behind the end");
	is(length("#e/a"), 8, "makes it longer");
	ok(pread(a, buf, 100, 0) == 8 && memcmp(buf, "hello\0\0\0", 8) == 0, "with zeros");
	fd = open("#e/a", OREAD|OTRUNC);
	is(length("#e/a"), 0, "OTRUNC empties, even when it is for reading");
	fails(write(fd, "x", 1), usefd, "which that is");
	close(fd);
	close(create("#e/b", OREAD, DMDIR|0777));
	is(mode("#e/b"), 0666, "there are no directories");
	close(create("#e/c", OEXEC, DMAPPEND|DMEXCL|0777));
	is(mode("#e/c"), 0666, "nor other kinds");
	close(create("#e/d", OWRITE, 0));
	is(remove("#e/b"), 0, "remove one");
	same(list("#e"), "a c d ", "it is gone");
	close(create("#e/e", OWRITE, 0));
	same(list("#e"), "a e c d ", "a new one has its place");
	fd = open("#e", OREAD);
	ok(read(fd, buf, 80) > 0, "read one entry");
	remove("#e/e");
	same(names(fd), "c d ", "one that is removed meanwhile is not there");
	close(fd);
	v = version("#e/..");
	close(create("#e/f", OWRITE, 0));
	ok(version("#e/..") > v, "the version of the directory grows");
	fd = create("#e/g", ORDWR|ORCLOSE, 0);
	ok(has("#e/g"), "one to be removed when it is closed");
	close(fd);
	ok(!has("#e/g"), "is");

	b = create("#e/h", ORDWR, 0);
	write(b, "x", 1);
	remove("#e/h");
	close(create("#e/h", OWRITE, 0));
	fails(pread(b, buf, 1, 0), gone, "one that was removed is not read");
	fails(write(b, "x", 1), gone, "nor written");
	fails(fstat(b, entry, sizeof entry), gone, "nor has it an entry");
	close(b);
	fails(sync("#e/a"), perm, "wstat");
	fails(sync("#e"), perm, "of the directory");
	fails(remove("#e"), perm, "remove that");
	fails(open("#e/a/b", OREAD), "not a directory: '#e/a'", "nothing is below");
	fails(pwrite(a, "x", 1, 512*1024), "read or write too large", "behind 512 KiB");
	fails(pwrite(a, "x", 1, (vlong)1<<40), "read or write too large", "far behind");

	pwrite(a, "mine", 4, 0);
	b = open("#e", OREAD);
	is(rfork(RFENVG), 0, "RFENVG");
	same(list("#e"), "a f c d h ", "has copies, in order");
	same(contents("#e/a"), "mine", "with their values");
	is(version("#e/a"), 0, "of version 0");
	is(mode("#e/a"), 0666, "for everybody");
	fd = open("#e/a", OWRITE|OTRUNC);
	write(fd, "another", 7);
	close(fd);
	ok(pread(a, buf, 100, 0) == 4 && memcmp(buf, "mine", 4) == 0, "what was open is of the other group");
	fstat(a, entry, sizeof entry);
	is(get(entry+21, 4), 0664, "and so is its mode");
	remove("#e/c");
	same(names(b), "a f c d h ", "so is an open directory");
	close(b);
	close(a);

	is(rfork(RFCENVG), 0, "RFCENVG");
	a = create("#e/a", ORDWR, 0);
	b = create("#e/b", ORDWR, 0);
	for(v = 0; v < 512*1024; v += Page)
		if(pwrite(a, big, Page, v) != Page)
			break;
	is(v, 512*1024, "a value of 512 KiB");
	for(v = 0; v < 512*1024; v += Page)
		if(pwrite(b, big, Page, v) != Page)
			break;
	ok(v > 480*1024 && v < 512*1024, "and another are too much");
	fails(pwrite(b, big, Page, v), nomem, "for a group");
	is(length("#e/b"), v, "a write for which there is no room changes nothing");
	close(a);
	close(b);
	remove("#e/a");
	remove("#e/b");
	for(v = 0; v < 30000; v++){
		snprint(buf, sizeof buf, "#e/%06d", (int)v);
		a = create(buf, OWRITE, 0);
		if(a < 0)
			break;
		close(a);
	}
	like(error(), "kernel allocate failed: '#e/*", "names take room, too");
	ok(v > 5000 && v < 26000, "a few thousand");
	rfork(RFCENVG);
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	root();
	cons();
	dups();
	variables();
	fine(Fork|RFNAMEG, nobody, "what none may do");
	remove("conf.own");
	fine(Fork, another, "a process becomes none by wstat of its ctl");
	done();
}
