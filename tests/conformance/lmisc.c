#include <u.h>
#include <libc.h>
#include <ctype.h>
#include "tap.h"
#include "child.h"

/* What the library has one of a kind: numbers, names, the environment, processes. */
static void
numbers(void)
{
	static struct
	{
		char	*text;
		int	base;
		vlong	l;	/* of strtol, strtoll, strtoul, strtoull: value, bytes */
		int	lend;
		vlong	ll;
		int	llend;
		uvlong	ul;
		int	ulend;
		uvlong	ull;
		int	ullend;
	} cases[] =
	{
		{"12", 10, 12, 2, 12, 2, 12, 2, 12, 2},
		{" \t\n\v\f\r-12x", 10, -12, 9, -12, 9, 4294967284, 9, -12, 9},
		{"+7", 0, 7, 2, 7, 2, 7, 2, 7, 2},
		{"0x1F", 0, 31, 4, 31, 4, 31, 4, 31, 4},
		{"0x1F", 16, 31, 4, 31, 4, 31, 4, 31, 4},
		{"0x1F", 10, 0, 1, 0, 1, 0, 1, 0, 1},
		{"0x", 0, 0, 0, 0, 0, 0, 1, 0, 0},
		{"017", 0, 15, 3, 15, 3, 15, 3, 15, 3},
		{"018", 0, 1, 2, 1, 2, 1, 2, 1, 2},
		{"zZ", 36, 1295, 2, 1295, 2, 1295, 2, 1295, 2},
		{"12", 37, 0, 0, 0, 0, 0, 0, 0, 0},
		{"12", -1, 0, 0, 0, 0, 0, 0, 0, 0},
		{"00", 1, 0, 2, 0, 2, 0, 0, 0, 2},
		{"", 10, 0, 0, 0, 0, 0, 0, 0, 0},
		{"-", 10, 0, 0, 0, 0, 0, 0, 0, 0},
		{"x", 10, 0, 0, 0, 0, 0, 0, 0, 0},
		{"2147483647", 10, 2147483647, 10, 2147483647, 10, 2147483647, 10, 2147483647, 10},
		{"2147483648", 10, 2147483647, 10, 2147483648, 10, 2147483648, 10, 2147483648, 10},
		{"-2147483648", 10, -2147483648LL, 11, -2147483648LL, 11, 2147483648, 11, -2147483648LL, 11},
		{"-2147483649", 10, -2147483648LL, 11, -2147483649LL, 11, 2147483647, 11, -2147483649LL, 11},
		{"4294967296", 10, 2147483647, 10, 4294967296, 10, 4294967295, 10, 4294967296, 10},
		{"-4294967296", 10, -2147483648LL, 11, -4294967296LL, 11, 4294967295, 11, -4294967296LL, 11},
		{"9223372036854775808", 10, 2147483647, 19, 0x7fffffffffffffff, 19, 4294967295, 19, 1ULL<<63, 19},
		{"18446744073709551616", 10, 2147483647, 20, 0x7fffffffffffffff, 20, 4294967295, 20, ~0ULL, 20},
	};
	char *t, *e[4];
	int i, good;

	for(i = 0; i < nelem(cases); i++){
		t = cases[i].text;
		good = strtol(t, &e[0], cases[i].base) == cases[i].l && e[0]-t == cases[i].lend;
		good &= strtoll(t, &e[1], cases[i].base) == cases[i].ll && e[1]-t == cases[i].llend;
		good &= strtoul(t, &e[2], cases[i].base) == cases[i].ul && e[2]-t == cases[i].ulend;
		good &= strtoull(t, &e[3], cases[i].base) == cases[i].ull && e[3]-t == cases[i].ullend;
		ok(good, *t > ' ' ? t : "blanks");
	}
	ok(atoi(" -5x") == -5 && atoi("0x10") == 0 && atol("2147483648") == 2147483647, "atoi, atol");
	is(atoll("-9000000000"), -9000000000LL, "atoll");
	ok(abs(-3) == 3 && labs(3) == 3 && abs(-2147483647-1) == -2147483647-1, "abs");
	is(umuldiv(4000000000U, 3, 4), 3000000000U, "umuldiv");
	is(muldiv(-2000000000, 3, 4), -1500000000, "muldiv");
	is(muldiv(7, -1, -2), 3, "muldiv rounds towards 0");
}

static void
randoms(void)
{
	int i, n, seen;
	long first;

	srand(1);
	is(rand(), 25250, "srand(1)");
	is(rand(), 7414, "the second");
	is(rand(), 7020, "the third");
	srand(1);
	is(lrand(), 1276109474, "lrand");
	is(lrand(), 1608359158, "the second");
	srand(0);
	first = lrand();
	srand(0x7fffffff);
	is(lrand(), first, "srand(0) is srand(2^31-1)");
	seen = 0;
	for(i = 0; i < 1000; i++){
		n = nrand(10);
		seen |= n < 0 || n > 9 ? 1<<31 : 1<<n;
	}
	is(seen, 0x3ff, "nrand(10)");
	ok(nrand(1) == 0 && nrand(-5) == -5 && lnrand(-7) == -7, "nrand of little");
	for(i = 0; i < 50 && ntruerand(3) < 3; i++)
		;
	is(i, 50, "ntruerand");
}

static int ncompare;

static int
compare(void *a, void *b)
{
	int x, y;

	ncompare++;
	x = *(int*)a;
	y = *(int*)b;
	return x < y ? -1 : x > y;
}

static int
bytewise(void *a, void *b)
{
	return memcmp(a, b, 3);
}

static void
sorting(void)
{
	static int a[3000], wide[1000][4];
	static uchar odd[999];
	int kind, n, i, bad, slow;
	vlong sum;

	bad = slow = 0;
	for(kind = 0; kind < 7; kind++)
		for(n = 0; n < nelem(a); n = n*2+1){
			sum = 0;
			for(i = 0; i < n; i++){
				switch(kind){
				case 0:	a[i] = lrand(); break;
				case 1:	a[i] = i; break;
				case 2:	a[i] = -i; break;
				case 3:	a[i] = 7; break;
				case 4:	a[i] = i%5; break;
				case 5:	a[i] = i < n/2 ? i : n-i; break;
				case 6:	a[i] = i^1; break;
				}
				sum += a[i];
			}
			ncompare = 0;
			qsort(a, n, sizeof a[0], compare);
			slow += ncompare > 30*n + 1000;
			for(i = 0; i < n; i++){
				sum -= a[i];
				bad += i > 0 && a[i-1] > a[i];
			}
			bad += sum != 0;
		}
	is(bad, 0, "qsort");
	is(slow, 0, "of any order");
	for(i = 0; i < nelem(wide); i++){
		wide[i][0] = nrand(100);
		wide[i][3] = wide[i][0];
	}
	qsort(wide, nelem(wide), sizeof wide[0], compare);
	for(i = 1; i < nelem(wide); i++)
		bad += wide[i-1][0] > wide[i][0] || wide[i][0] != wide[i][3];
	for(i = 0; i < nelem(odd); i++)
		odd[i] = rand();
	qsort(odd, nelem(odd)/3, 3, bytewise);
	for(i = 3; i < nelem(odd); i += 3)
		bad += memcmp(odd+i-3, odd+i, 3) > 0;
	is(bad, 0, "of any size");
}

static void
names(void)
{
	static char *cases[][2] =
	{
		{"", "."}, {"/", "/"}, {"//a//b/", "/a/b"}, {"./a", "a"}, {"a/./b/.", "a/b"}, {"a/../b", "b"},
		{"a/..", "."}, {"..", ".."}, {"../..", "../.."}, {"a/../../b", "../b"}, {"/..", "/"},
		{"/../a", "/a"}, {"../a/../b", "../b"}, {"././", "."}, {"...", "..."}, {".a/..b", ".a/..b"},
		{"#c/../x", "x"}, {"./#c", "./#c"}, {"a/../#c/cons", "./#c/cons"}, {"#c/cons", "#c/cons"},
	};
	char buf[100];
	int i, fd;

	for(i = 0; i < nelem(cases); i++){
		strcpy(buf, cases[i][0]);
		same(cleanname(buf), cases[i][1], cases[i][0]);
	}
	strcpy(buf, "conf.tXXXXXXXXXXX");
	same(mktemp(buf), buf, "mktemp");
	is(atoi(buf+6), getpid(), "has the pid");
	is(strlen(buf), 17, "in all its Xs");
	fd = create(buf, OWRITE, 0666);
	strcpy(buf, "conf.tXXXXXXXXXXX");
	mktemp(buf);
	is(buf[6], 'a', "the next one a letter");
	close(fd);
	buf[6] = '0';
	remove(buf);
	ok(getwd(buf, sizeof buf) != nil && buf[0] == '/', "getwd");
	ok(getwd(buf, 3) != nil && strlen(buf) == 2, "getwd cuts");
	ok(isalpha('a') && !isalpha('1') && isxdigit('F') && !isxdigit('g') && isspace('\v') && ispunct('_')
		&& iscntrl(0x7f) && !isprint(0x80) && isprint(' ') && !isgraph(' '), "ctype");
	ok(tolower('Z') == 'z' && toupper('z') == 'Z' && toupper('{') == '{' && tolower(-1) == -1, "tolower");
}

static void
ciphers(void)
{
	uchar key[7] = {0x12, 0x69, 0x5b, 0xc9, 0xb7, 0xb7, 0xf8};
	uchar text[20] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
	uchar want[8] = {0x85, 0xe8, 0x13, 0x54, 0x0f, 0x0a, 0xb4, 0x05};
	uchar copy[20];
	int n, good;

	is(encrypt(key, text, 7), 0, "too short to encrypt");
	is(encrypt(key, text, 8), 1, "encrypt");
	is(memcmp(text, want, 8), 0, "is DES");
	good = 1;
	for(n = 8; n <= 20; n++){
		memmove(copy, text, sizeof copy);
		encrypt(key, copy, n);
		good &= memcmp(copy, text, n) != 0;
		decrypt(key, copy, n);
		good &= memcmp(copy, text, sizeof copy) == 0;
	}
	ok(good, "decrypt");
	strcpy((char*)copy, "12345\n");
	netcrypt(key, copy);
	is(strlen((char*)copy), 8, "netcrypt");
}

static void
environment(void)
{
	char long_[200], *s;
	int fd;

	is(putenv("conf", "a value"), 0, "putenv");
	same(s = getenv("conf"), "a value", "getenv");
	free(s);
	is(putenv("conf", "b"), 0, "again");
	same(getenv("conf"), "b", "is another");
	is(putenv("conf", ""), 0, "nothing");
	same(getenv("conf"), "", "is nothing");
	fd = open("/env/conf", OWRITE|OTRUNC);
	write(fd, "one\0two\0\0", 9);
	close(fd);
	same(getenv("conf"), "one two", "a list of words");
	remove("/env/conf");
	ok(getenv("conf") == nil, "what is not there");
	fails(putenv("a/b", "x"), "bad env name: a/b", "no name");
	fails(putenv("", "x"), "bad env name: ", "an empty one");
	ok(getenv("..") == nil, "nor this");
	same(error(), "bad env name: ..", "for getenv");
	memset(long_, 'x', 95);
	long_[95] = '\0';
	is(putenv(long_, "x"), -1, "ninety-five bytes are too many");
	error();
	memset(long_, 'v', 150);
	long_[150] = '\0';
	putenv("conf", long_);
	same(getenv("conf"), long_, "a long value");
	remove("/env/conf");
}

static void
executed(void)
{
	execl("conf.exec", "conf.exec", "child", "two words", nil);
	_exits("execl failed");
}

static void
leaves(void)
{
	exits("gone");
}

static void
leave1(void)
{
	shared[0] = shared[0]*10 + 1;
}

static void
leave3(void)
{
	shared[0] = shared[0]*10 + 3;
}

static void
leave2(void)
{
	shared[0] = shared[0]*10 + 2;
	atexit(leave3);
}

static void
atends(void)
{
	atexit(leave1);
	atexit(leave2);
	atexit(leave1);
	atexitdont(leave1);
	atexit(leave1);
	if(rfork(RFPROC|RFNOWAIT) == 0)
		exits("a child runs none of its parent's");
	exits(nil);
}

static void
fatal(void)
{
	argv0 = "prog";
	werrstr("the reason");
	sysfatal("failed: %r");
}

static void
complains(void)
{
	werrstr("the reason");
	perror("prog");
	perror(nil);
}

static void
failed(void)
{
	assert(program == nil);
}

static void
processes(void)
{
	char buf[200];
	Waitmsg *w;
	int pid, i;

	pid = fork();
	if(pid == 0){
		snprint(buf, sizeof buf, "%d", getppid());
		_exits(buf);
	}
	w = wait();
	ok(w != nil && w->pid == pid, "fork and wait");
	is(atoi(unprefixed(w->msg)), getpid(), "getppid");
	free(w);
	pid = start(Fork, leaves);
	is(waitpid(), pid, "waitpid");
	is(waitpid(), -1, "without children");
	ok(wait() == nil, "wait as well");
	like(error(), "no living children", "says so");
	copyself();
	same(run(Fork, executed), "child:two words", "execl");
	remove("conf.exec");
	shared[0] = 0;
	run(Fork, atends);
	is(shared[0], 231, "atexit: last first, and what registers then");
	for(i = 0; atexit(leave1) == 1; i++)
		;
	is(i, 33, "atexit has room for 33");
	while(i-- > 0)
		atexitdont(leave1);
	is(atexit(leave1), 1, "atexitdont makes room");
	atexitdont(leave1);
	dies(fatal, "failed: the reason", "failed: the reason", "sysfatal");
	dies(failed, "*suicide: sys: trap: fault read addr=0x0 pc=*", "=", "assert");
	dies(abort, "suicide: sys: trap: fault read addr=0x0 pc=*", "=", "abort");
	ok(strlen(getuser()) > 0 && strcmp(getuser(), "none") != 0, "getuser");
	i = open("/dev/sysname", OREAD);
	memset(buf, 0, sizeof buf);
	read(i, buf, sizeof buf-1);
	close(i);
	same(sysname(), buf, "sysname");
	procsetname("%s %d", "conf", 7);
	snprint(buf, sizeof buf, "/proc/%d/args", getpid());
	i = open(buf, OREAD);
	memset(buf, 0, sizeof buf);
	read(i, buf, sizeof buf-1);
	close(i);
	like(buf, "*[conf 7]", "procsetname");
	is(iounit(77), 0, "iounit of nothing");
	dies(complains, "the reason | ", "went on", "perror says the error string once");
}

static char *logdirs[] = {"/tmp/conf.root", "/tmp/conf.root/sys", "/tmp/conf.root/sys/log"};
static char *logfile = "/tmp/conf.root/sys/log/conf";

static void
logs(void)
{
	rfork(RFNAMEG);
	bind(logdirs[0], "/", MBEFORE);
	werrstr("the reason");
	syslog(0, "conf", "%s %d: %r", "hello", 5);
	syslog(0, "conf", "again");
	exits(nil);
}

static void
logging(void)
{
	char buf[200], want[100];
	int i, fd, n;

	for(i = 0; i < nelem(logdirs); i++)
		close(create(logdirs[i], OREAD, DMDIR|0777));
	close(create(logfile, OWRITE, 0666));
	same(run(Fork, logs), "", "syslog");
	fd = open(logfile, OREAD);
	n = readn(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	snprint(want, sizeof want, "%s ??? ?? ??:??:?? hello 5: the reason\n%s ??? ?? ??:??:?? again\n", sysname(), sysname());
	for(i = 0; want[i] != '\0' && (want[i] == '?' || want[i] == buf[i]); i++)
		;
	ok(want[i] == '\0' && buf[i] == '\0', "adds who, when and what to a file of /sys/log");
	remove(logfile);
	for(i = nelem(logdirs)-1; i >= 0; i--)
		remove(logdirs[i]);
}

static void
privates(void)
{
	void **p[20];
	int i, n;

	for(n = 0; n < nelem(p) && (p[n] = privalloc()) != nil; n++)
		*p[n] = p;
	is(n, 16, "sixteen privates");
	for(i = 1; i < n; i++)
		if(p[i] != p[i-1]-1)
			break;
	is(i, n, "the last one first");
	if(rfork(RFPROC|RFMEM|RFFDG) == 0){
		*p[0] = nil;
		_exits(nil);
	}
	waitpid();
	ok(*p[0] == p, "a process that shares memory has its own");
}

void
main(int argc, char *argv[])
{
	if(argc == 3 && strcmp(argv[1], "child") == 0){
		char buf[100];

		snprint(buf, sizeof buf, "%s:%s", argv[1], argv[2]);
		exits(buf);
	}
	sharing(argv[0]);
	numbers();
	randoms();
	sorting();
	names();
	ciphers();
	environment();
	processes();
	logging();
	privates();
	done();
}
