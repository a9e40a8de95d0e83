#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* exec from inside; facts/exec.md §3, §5, §7, observed-amd64.md §a2, §a3 and §c, observed-arm64.md §a2. */
extern char	end[];

static char badarg[] = "bad arg in system call";
static char invalid[] = "exec header invalid";
static char novmem[] = "virtual memory allocation failed";

enum
{
	Page = 4096,
	Mega = 1024*1024,
	Elfsize = 64+2*56,
	Tag = 0xe8ec,
};

static int	data = 1;
static int	bss;
static char	buf[20000];
static char	here[300];	/* the current directory */
static char	*volatile null;
static int	value;

/* What the new program does: its first argument says it. */
static void
sayargs(int argc, char *argv[])
{
	int i, out;

	out = create("conf.out", OWRITE, 0666);
	for(i = 0; i < argc; i++)
		fprint(out, i == 0 ? "%s" : "|%s", argv[i]);
	if(argv[argc] != nil)
		fprint(out, " and no nil");
	_exits(nil);
}

static void
count(int argc, char *argv[])
{
	int i;

	for(i = 2; i < argc; i++)
		if(atoi(argv[i]) != i)
			_exits("an argument is wrong");
	snprint(buf, sizeof buf, "%d", argc);
	_exits(buf);
}

static void
measure(char *s)
{
	snprint(buf, sizeof buf, "%d", strlen(s));
	_exits(buf);
}

static void
isopen(int argc, char *argv[])
{
	int i;
	char *s;

	s = buf;
	for(i = 2; i < argc; i++)
		*s++ = dup(atoi(argv[i]), atoi(argv[i])) >= 0 ? 'y' : 'n';
	*s = '\0';
	_exits(buf);
}

/* Everything here was changed before exec. */
static void
state(int argc, char *argv[])
{
	char *s;
	int f, n;

	USED(argc);
	s = error();
	if(s[0] != '\0')
		_exits("the error string is kept");
	if(getpid() != atoi(argv[2]) || number("/dev/pid") != getpid())
		_exits("the pid is another");
	if(number("/dev/ppid") != atoi(argv[3]))
		_exits("the ppid is another");
	if(data != 1 || bss != 0)
		_exits("data is kept");
	f = open("null", OREAD);
	if(f < 0)
		_exits("the current directory is another");
	f = open("/env/conf", OREAD);
	n = read(f, buf, 10);
	if(n != 4 || memcmp(buf, "kept", 4) != 0)
		_exits("the environment is another");
	_exits(nil);
}

static void
segments(void)
{
	if(*(int*)0x60000000 != 61)
		_exits("the shared segment is another");
	if(*(int*)0x61000000 != 62)
		_exits("the memory segment is another");
	if(segdetach((void*)0x62000000) != -1)
		_exits("a segment with SG_CEXEC is kept");
	if(segfree((void*)(((uintptr)end + Mega) & ~(uintptr)(Page-1)), Page) != -1)
		_exits("the heap is kept");
	_exits(nil);
}

static void
fpu(void)
{
#ifdef __x86_64__
	__asm__ volatile("pxor %xmm1, %xmm1");
#else
	__asm__ volatile("movi v1.16b, #0");
#endif
}

static void
fresh(void)
{
	/* nothing is left of the handler in which exec was called */
	fpu();
	sleep(30);
	catch(keep);
	alarm(10);
	if(sleep(2000) != -1 || nnotes != 1)
		_exits("no note comes");
	_exits("fresh");
}

static void
reap(void)
{
	char *s;

	s = waitchild(atoi(buf));
	_exits(s);
}

static void
become(int argc, char *argv[])
{
	char *what;

	what = argv[1];
	if(strcmp(what, "args") == 0)
		sayargs(argc, argv);
	if(strcmp(what, "count") == 0)
		count(argc, argv);
	if(strcmp(what, "length") == 0)
		measure(argv[2]);
	if(strcmp(what, "open") == 0)
		isopen(argc, argv);
	if(strcmp(what, "state") == 0)
		state(argc, argv);
	if(strcmp(what, "segments") == 0)
		segments();
	if(strcmp(what, "meet") == 0)
		_exits(rendezvous((void*)Tag, (void*)31) == (void*)32 ? nil : "another value");
	if(strcmp(what, "fresh") == 0)
		fresh();
	if(strcmp(what, "reap") == 0){
		strcpy(buf, argv[2]);
		reap();
	}
	if(strcmp(what, "sleep") == 0){
		sleep(3000);
		_exits("slept");
	}
	if(strcmp(what, "exits") == 0)
		_exits(argv[2]);
}

/* The status of a child that executes file: of the new program, or `exec: ERROR`. */
static char*
launch(char *file, char *args[])
{
	int pid;

	pid = rfork(Meet);
	if(pid == 0){
		exec(file, args);
		snprint(buf, sizeof buf, "exec: %r");
		_exits(buf);
	}
	return waitchild(pid);
}

static char*
contents(char *name)
{
	int f, n;

	f = open(name, OREAD);
	n = readn(f, buf, sizeof buf-1);
	buf[n < 0 ? 0 : n] = '\0';
	close(f);
	return buf;
}

/* Makes an executable file. */
static void
make(char *name, void *p, int n)
{
	int f;

	remove(name);
	f = create(name, OWRITE, 0777);
	write(f, p, n);
	close(f);
}

static void
script(char *text)
{
	make("conf.script", text, strlen(text));
}

/* What the interpreter of conf.script gets. */
static char*
scripted(char *text)
{
	char *args[] = {"zero", "one", "two words", nil};
	char *s;

	script(text);
	remove("conf.out");
	s = launch("conf.script", args);
	if(s[0] != '\0')
		return s;
	return contents("conf.out");
}

static void
refusals(void)
{
	static char zeros[300], elf[4] = "\177ELF", noline[300], longname[70000];
	char *args[] = {"x", nil}, *none[] = {nil, nil};
	int f;

	fails(exec("", args), "empty file name", "an empty name");
	fails(exec("conf.none", args), "file does not exist: 'conf.none'", "no such file");
	fails(exec("/dev/none/x", args), "file does not exist: '/dev/none'", "no such directory");
	fails(exec("/dev", args), "cannot exec directory: '/dev'", "a directory");
	fails(exec("/", args), "cannot exec directory", "the root");
	fails(exec("/dev/null", args), "permission denied: '/dev/null'", "a device");
	fails(exec("/dev/null/x", args), "not a directory: '/dev/null'", "a name below a file");
	fails(exec("#Z/x", args), "unknown device in # filename", "an unknown device");
	fails(exec("a\001b", args), "bad character in file name: 'a\001b'", "a control character");
	memset(longname, 'x', sizeof longname-1);
	fails(exec(longname, args), "name too long", "a name of 70000 bytes");
	f = create("conf.plain", OWRITE, 0666);
	write(f, "#!/bin/rc\n", 10);
	close(f);
	fails(exec("conf.plain", args), "permission denied: 'conf.plain'", "a file without execute permission");
	remove("conf.plain");
	fails(exec("conf.exec", none), badarg, "no arguments at all");
	make("conf.bad", "", 0);
	fails(exec("conf.bad", args), invalid, "an empty file");
	make("conf.bad", "#!\n", 3);
	fails(exec("conf.bad", args), invalid, "three bytes");
	make("conf.bad", "just text\n", 10);
	fails(exec("conf.bad", args), invalid, "text");
	make("conf.bad", zeros, sizeof zeros);
	fails(exec("conf.bad", args), invalid, "zeros");
	make("conf.bad", "MZ\220\0\3\0\0\0", 8);
	fails(exec("conf.bad", args), invalid, "another system's magic");
	make("conf.bad", elf, sizeof elf);
	fails(exec("conf.bad", args), invalid, "the beginning of an ELF");
	make("conf.bad", "\0\0\212\227", 4);
	fails(exec("conf.bad", args), invalid, "the beginning of an a.out for amd64");
	make("conf.bad", "\0\0\214\107", 4);
	fails(exec("conf.bad", args), invalid, "for arm64");
	make("conf.bad", "#!  \t \n", 7);
	fails(exec("conf.bad", args), invalid, "a script that names nothing");
	memset(noline, 'a', sizeof noline);
	memmove(noline, "#!/", 3);
	make("conf.bad", noline, sizeof noline);
	fails(exec("conf.bad", args), invalid, "a script without a line");
	remove("conf.bad");
}

static void
scripts(void)
{
	static char line[400], want[400];
	char *args[] = {"zero", "one", nil};
	int i;

	same(scripted("#!conf.exec args\n"), "conf.script|args|conf.script|one|two words", "a script");
	same(scripted("#!conf.exec args\nmore\nlines"), "conf.script|args|conf.script|one|two words",
		"only its first line counts");
	same(scripted("#!  conf.exec\targs \t x\r\n"), "conf.script|args|x|conf.script|one|two words",
		"blanks, tabs and carriage returns separate");
	same(scripted("#!conf.exec args 'a b' 'it''s' ''\n"), "conf.script|args|a b|it's||conf.script|one|two words",
		"quotes are as in rc");
	same(scripted("#!conf.exec 'ar'gs\n"), "conf.script|args|conf.script|one|two words", "also inside a word");
	snprint(line, sizeof line, "#!%s/conf.exec args\n", here);
	same(scripted(line), "conf.script|args|conf.script|one|two words", "an absolute interpreter");
	script("#!conf.exec args\n");
	remove("conf.out");
	launch("./conf.script", args);
	same(contents("conf.out"), "conf.script|args|./conf.script|one", "the name as it was given");
	same(scripted("#!conf.exec exits named\n"), "named", "a status");
	like(scripted("#!conf.none\n"), "exec: file does not exist: 'conf.none'", "no interpreter");
	same(scripted("#!/dev\n"), "exec: cannot exec directory: '/dev'", "a directory as interpreter");
	same(scripted("#!/dev/null\n"), "exec: permission denied: '/dev/null'", "a device");
	same(scripted("#!conf.script\n"), "exec: exec header invalid", "itself");
	make("conf.bad", "#!conf.exec args\n", 17);
	same(scripted("#!conf.bad\n"), "exec: exec header invalid", "another script");
	make("conf.bad", "garbage", 7);
	same(scripted("#!conf.bad\n"), "exec: exec header invalid", "garbage");
	remove("conf.bad");

	/* the newline is byte 256, then 257 */
	memset(line, ' ', sizeof line);
	memmove(line, "#!conf.exec args", 16);
	line[255] = '\n';
	line[256] = '\0';
	same(scripted(line), "conf.script|args|conf.script|one|two words", "a line of 256 bytes");
	line[255] = ' ';
	line[256] = '\n';
	line[257] = '\0';
	same(scripted(line), "exec: exec header invalid", "one of 257");

	strcpy(line, "#!conf.exec args");
	strcpy(want, "conf.script|args");
	for(i = 0; i < 29; i++){
		strcpy(line+strlen(line), " w");
		strcpy(want+strlen(want), "|w");
	}
	strcpy(line+strlen(line), "\n");
	strcpy(want+strlen(want), "|conf.script|one|two words");
	same(scripted(line), want, "31 words");
	line[strlen(line)-1] = '\0';
	strcpy(line+strlen(line), " w\n");
	same(scripted(line), "exec: empty file name", "32 are too many");
	remove("conf.script");
}

/* A file that exec has to wait for: a script that comes through a pipe, when others have the CPU. */
static void
piped(void)
{
	char *args[] = {"zero", "one", nil};
	int pid, w;

	bind("#|", "/n", MREPL);
	w = open("/n/data1", ORDWR);
	pid = rfork(Meet);
	if(pid == 0){
		rendezvous(&pid, 0);
		exec("/n/data", args);
		snprint(buf, sizeof buf, "exec: %r");
		_exits(buf);
	}
	rendezvous(&pid, 0);
	sleep(2*Ticks);
	write(w, "#!conf.exec args\n", 17);
	same(waitchild(pid), "", "a script through a pipe");
	same(contents("conf.out"), "data|args|/n/data|one", "and its arguments");
	remove("conf.out");
	/* it was open meanwhile, and is not any more */
	is(read(w, buf, 1), 0, "its other end");
	close(w);
	unmount(nil, "/n");
}

static void
arguments(void)
{
	static char *many[1002], numbers[1002][8];
	char *args[] = {"conf.exec", "args", "", "a b", "", "\303\251", nil};
	char *sized[] = {"conf.exec", "length", nil, nil};
	char *other[] = {"another name", "args", nil};
	char *twice[] = {"conf.exec", "length", nil, nil, nil};
	char *big;
	int i;

	same(launch("conf.exec", args), "", "exec of this program");
	same(contents("conf.out"), "conf.exec|args||a b||\303\251", "arguments, empty ones, too");
	launch("conf.exec", other);
	same(contents("conf.out"), "another name|args", "the first is what the caller says");
	many[0] = "conf.exec";
	many[1] = "count";
	for(i = 2; i < 1001; i++){
		snprint(numbers[i], sizeof numbers[i], "%d", i);
		many[i] = numbers[i];
	}
	same(launch("conf.exec", many), "1001", "a thousand arguments");
	big = segattach(0, "memory", nil, 17*Mega);
	memset(big, 'x', 9*Mega);
	big[100000] = '\0';
	sized[2] = big;
	same(launch("conf.exec", sized), "100000", "a long one");
	big[100000] = 'x';
	twice[2] = twice[3] = big;
	fails(exec("conf.exec", twice), novmem, "arguments of 18 megabytes");
	memset(big+9*Mega, 'x', 8*Mega-1);
	sized[2] = big;
	fails(exec("conf.exec", sized), badarg, "one argument of 17");
	segdetach(big);
}

static char *lastargs[] = {"conf.exec", "args", "x", nil};

static void
nilfile(void)
{
	exec(null, lastargs);
}

static void
nilargs(void)
{
	exec("conf.exec", (char**)null);
}

static void
badargs(void)
{
	char *args[] = {"conf.exec", (char*)0x10000000, nil};

	exec("conf.exec", args);
}

static void
oddargs(void)
{
	static char odd[64] __attribute__((aligned(8)));
	char *args[] = {"conf.exec", "exits", "odd", nil};

	memmove(odd+value, args, sizeof args);
	exec("conf.exec", (char**)(odd+value));
	snprint(buf, sizeof buf, "exec: %r");
	_exits(buf);
}

static void
handled(void)
{
	close(2);
	catch(keep);
	if(exec("conf.exec", (char**)null) != -1 || strcmp(error(), badarg) != 0)
		_exits("exec does not fail");
	_exits(notes[0]);
}

static void
addresses(void)
{
	dies(nilfile, "suicide: invalid address 0x0/1 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "a nil name");
	dies(nilargs, "suicide: invalid address 0x0/16 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "nil arguments");
	dies(badargs, "suicide: invalid address 0x10000000/1 in sys call pc=0x* | suicide: sys: bad address in syscall pc=0x*",
		"=", "a bad argument");
	like(run(Fork, handled), "sys: bad address in syscall pc=0x*", "with a handler exec fails");
	value = 4;
	same(run(Fork, oddargs), "odd", "argv at a multiple of 4");
	value = 2;
#ifdef __x86_64__
	same(run(Fork, oddargs), "odd", "argv at an odd address");
#else
	dies(oddargs, "suicide: sys: odd address pc=0x*", "=", "argv at an odd address");
#endif
}

static void
descriptors(void)
{
	char names[5][12], *args[] = {"conf.exec", "open", names[0], names[1], names[2], names[3], names[4], nil};
	char *bad[] = {"conf.bad", nil};
	int f[5], i, pid;

	f[0] = open("/dev/null", OREAD);
	f[1] = open("/dev/null", OREAD|OCEXEC);
	f[2] = create("conf.a", OWRITE|OCEXEC, 0666);
	f[3] = dup(f[1], -1);
	f[4] = open("/dev/null", ORDWR|OCEXEC);
	dup(f[4], f[4]);
	for(i = 0; i < 5; i++)
		snprint(names[i], sizeof names[i], "%d", f[i]);
	same(launch("conf.exec", args), "ynnyy", "OCEXEC closes; dup clears it, dup to itself, too");
	exec("conf.bad", bad);
	is(dup(f[1], f[1]), f[1], "a failed exec closes nothing");
	close(f[1]);
	f[1] = open("/dev/null", OREAD|OCEXEC);
	pid = rfork(RFPROC);
	if(pid == 0){
		exec("conf.exec", args);
		_exits("exec");
	}
	same(waitchild(pid), "ynnyy", "with a shared table");
	is(close(f[1]), -1, "it closes for all who share it");
	for(i = 0; i < 5; i++)
		close(f[i]);
	remove("conf.a");
}

static void
names(void)
{
	char *args[] = {"some", "exits", "why", nil}, want[100], text[256];
	int pid, f, n;

	pid = rfork(Fork);
	if(pid == 0){
		exec("./conf.exec", args);
		_exits("exec");
	}
	waitany(text, sizeof text);
	snprint(want, sizeof want, "conf.exec %d: why", pid);
	same(text, want, "the name is the file's last element, not the first argument");
	script("#!conf.exec exits why\n");
	pid = rfork(Fork);
	if(pid == 0){
		exec("conf.script", args);
		_exits("exec");
	}
	waitany(text, sizeof text);
	snprint(want, sizeof want, "conf.script %d: why", pid);
	same(text, want, "that of a script is the script's");
	pid = rfork(Fork);
	if(pid == 0){
		exec("conf.none", args);
		_exits("why");
	}
	waitany(text, sizeof text);
	snprint(want, sizeof want, "%s %d: why", program, pid);
	same(text, want, "a failed exec leaves it");
	remove("conf.script");

	pid = rfork(Fork);
	if(pid == 0){
		args[1] = "sleep";
		args[2] = "it's two";
		exec("conf.exec", args);
		_exits("exec");
	}
	for(n = 0; n < 100; n++){
		snprint(want, sizeof want, "/proc/%d/status", pid);
		f = open(want, OREAD);
		read(f, text, 20);
		close(f);
		text[20] = '\0';
		if(strncmp(text, "conf.exec ", 10) == 0)
			break;
		sleep(10);
	}
	ok(n < 100, "/proc/n/status has the new name");
	snprint(want, sizeof want, "/proc/%d/args", pid);
	same(contents(want), "some sleep 'it''s two'", "/proc/n/args the arguments");
	post(pid, "note", "kill", 4);
	same(waitchild(pid), "kill", "a note kills the new program");
}

static void
changed(void)
{
	char pid[16], ppid[16], file[400], *args[] = {"conf.exec", "state", pid, ppid, nil};
	int f;

	snprint(pid, sizeof pid, "%d", getpid());
	snprint(ppid, sizeof ppid, "%d", number("/dev/ppid"));
	snprint(file, sizeof file, "%s/conf.exec", here);
	data = 5;
	bss = 6;
	f = create("/env/conf", OWRITE, 0666);
	write(f, "kept", 4);
	close(f);
	chdir("/dev");
	close(-1);
	exec(file, args);
	snprint(buf, sizeof buf, "exec: %r");
	_exits(buf);
}

static void
segmented(void)
{
	char *args[] = {"conf.exec", "segments", nil};

	*(int*)segattach(0, "shared", (void*)0x60000000, Page) = 61;
	*(int*)segattach(0, "memory", (void*)0x61000000, Page) = 62;
	*(int*)segattach(SG_CEXEC, "shared", (void*)0x62000000, Page) = 63;
	sbrk(4*Mega);
	exec("conf.exec", args);
	_exits("exec");
}

static int
execin(Ureg *u, char *text)
{
	char *args[] = {"conf.exec", "fresh", nil};

	USED(u, text);
	if(value){
		post(getpid(), "note", "one", 3);
		post(getpid(), "note", "two", 3);
	}
	exec("conf.exec", args);
	_exits("exec");
}

static void
inhandler(void)
{
	catch(execin);
	alarm(10);
	sleep(2000);
}

static void
silent(void)
{
	char *args[] = {"conf.exec", "sleep", nil};

	catch(keep);
	alarm(60);
	exec("conf.exec", args);
	_exits("exec");
}

static void
withchild(void)
{
	char n[16], *args[] = {"conf.exec", "reap", n, nil};
	int pid;

	pid = rfork(Fork);
	if(pid == 0)
		_exits("grandchild");
	snprint(n, sizeof n, "%d", pid);
	if(value)
		sleep(50);
	exec("conf.exec", args);
	_exits("exec");
}

static void
rename(void)
{
	char *args[] = {"conf.exec", "exits", "new", nil};

	data = 77;
	exec("conf.exec", args);
	_exits("exec");
}

static void
kept(void)
{
	char *args[] = {"conf.exec", "meet", nil};
	int pid;

	fine(Fork, changed, "pid, ppid, directory and environment are kept; data and error string are not");
	remove("/env/conf");
	fine(Fork, segmented, "attached segments are kept, but those with SG_CEXEC; the heap is not");
	pid = rfork(Meet);
	if(pid == 0){
		exec("conf.exec", args);
		_exits("exec");
	}
	is((vlong)rendezvous((void*)Tag, (void*)32), 31, "the rendezvous group is kept");
	same(waitchild(pid), "", "in both directions");
	same(run(Fork, silent), "alarm", "the handler is not kept");
	value = 0;
	same(run(Fork, inhandler), "fresh", "nor is the state of being in a handler");
	value = 1;
	same(run(Fork, inhandler), "fresh", "nor are notes that wait");
	value = 0;
	same(run(Fork, withchild), "grandchild", "children are kept");
	value = 1;
	same(run(Fork, withchild), "grandchild", "and their records");
	data = 1;
	same(run(Fork|RFMEM, rename), "new", "RFMEM: exec of a child");
	is(data, 77, "RFMEM: leaves the memory to the parent");
	data = 1;
}

/* An ELF file of nothing but headers; facts/exec.md §3. */
static uchar	elf[Elfsize];

static void
put(int at, uvlong v, int n)
{
	for(; n > 0; n--, v >>= 8)
		elf[at++] = v;
}

static void
newelf(void)
{
	memset(elf, 0, sizeof elf);
	memmove(elf, "\177ELF\2\1\1", 7);
	put(16, 2, 2);
#ifdef __x86_64__
	put(18, 62, 2);
#else
	put(18, 183, 2);
#endif
	put(20, 1, 4);
	put(32, 64, 8);		/* phoff */
	put(52, 64, 2);
	put(54, 56, 2);
	put(56, 2, 2);		/* phnum */
	put(64, 1, 4);		/* text: R X, the whole file */
	put(68, 5, 4);
	put(64+32, Elfsize, 8);
	put(64+40, Elfsize, 8);
	put(120, 1, 4);		/* data: R W, nothing */
	put(124, 6, 4);
}

static void
execelf(void)
{
	char *args[] = {"conf.elf", nil};

	make("conf.elf", elf, sizeof elf);
	exec("conf.elf", args);
	snprint(buf, sizeof buf, "exec: %r");
	_exits(buf);
}

static void
tryelf(char *printed, char *ended, char *name)
{
	dies(execelf, printed, ended, name);
}

static void
elves(void)
{
#ifdef __x86_64__
	uvlong text = 0x200000, database = 0x400000, stack = (uvlong)0x7ffffefff000;
#else
	uvlong text = 0x10000, database = 0x20000, stack = (uvlong)0x7feff0000;
#endif
	char want[200], line[256], *args[] = {"conf.elf", nil};
	int pid;

	newelf();
	tryelf("suicide: sys: trap: fault read addr=0x0 pc=0x0", "=", "an ELF whose entry is 0");
	put(24, database, 8);
	put(120+32, 8, 8);
	put(120+40, 8, 8);
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x%llux pc=0x%llux", database, database);
	tryelf(want, "=", "one whose entry is in data");
	newelf();
	put(24, stack+16*Mega, 8);
	snprint(want, sizeof want, "suicide: sys: trap: fault read addr=0x%llux pc=0x%llux", stack+16*Mega, stack+16*Mega);
	tryelf(want, "=", "above the stack");
	newelf();
	put(56, 3, 2);
	tryelf("", "exec: exec header invalid", "three program headers");
	newelf();
	put(56, 1, 2);
	tryelf("", "exec: exec header invalid", "one program header");
	newelf();
	put(68, 7, 4);
	tryelf("", "exec: exec header invalid", "text that can be written");
	newelf();
	put(124, 4, 4);
	tryelf("", "exec: exec header invalid", "data that cannot");
	newelf();
	put(124, 7, 4);
	tryelf("", "exec: exec header invalid", "data that can be executed");
	newelf();
	put(120+40, (uvlong)1<<47, 8);
	tryelf("", "exec: exec header invalid", "a bss beyond the stack");
	newelf();
	put(64+32, stack-text, 8);
	tryelf("", "exec: exec header invalid", "a text that reaches the stack");
	newelf();
#ifdef __x86_64__
	put(120+40, (uvlong)1<<40, 8);
#else
	put(120+40, (uvlong)16<<30, 8);
#endif
	tryelf("", novmem, "a bss that is too large for a segment kills");
	make("conf.elf", elf, sizeof elf);
	pid = rfork(Fork);
	if(pid == 0){
		exec("conf.elf", args);
		_exits("exec");
	}
	waitany(line, sizeof line);
	snprint(want, sizeof want, "%s %d: %s", program, pid, novmem);
	same(line, want, "under the old name");
	newelf();
	put(64+32, 3*Page, 8);
	put(24, text+2*Page, 8);
	tryelf("suicide: sys: i/o error in demand load accessing */conf.elf: i/o count too small", "i/o error in demand load",
		"a text that is not there kills who gets there");
	newelf();
	put(4, 0x0101, 2);
	put(16, 3, 2);
	put(32, 1000, 8);
	put(54, 0, 2);
	put(64, 6, 4);
	put(120, 4, 4);
	put(64+16, 0x1234567, 8);
	tryelf("suicide: sys: trap: fault read addr=0x0 pc=0x0", "=", "what exec does not look at may be anything");
	make("conf.elf", elf, sizeof elf-1);
	fails(exec("conf.elf", args), invalid, "an ELF of 175 bytes");
	remove("conf.elf");
}

/* An a.out: header, text, data; facts/exec.md §2, §3. */
static struct
{
	uchar	header[40];
	uchar	text[24];
	uchar	data[8];
} aout;

enum
{
	Header = sizeof aout.header,
	Text = 4,
	Entry = 36,	/* low half of the entry's 8 bytes */
#ifdef __x86_64__
	Magic = 0x8a97,
	Foreign = 0x8c47,
	Base = 0x200000,
	Align = 0x200000,
#else
	Magic = 0x8c47,
	Foreign = 0x8a97,
	Base = 0x10000,
	Align = 0x10000,
#endif
};

static void
big(int at, u32int v)
{
	int i;

	for(i = 3; i >= 0; i--, v >>= 8)
		aout.header[at+i] = v;
}

/* Its text is a breakpoint, another, and one that reads data's first byte. */
static void
newaout(void)
{
#ifdef __x86_64__
	static uchar text[] = {0xcc, 0x90, 0x90, 0x90, 0xcc};
#else
	static uchar text[] = {0x00, 0x00, 0x20, 0xd4, 0x00, 0x00, 0x20, 0xd4};
#endif

	memset(&aout, 0, sizeof aout);
	big(0, Magic);
	big(Text, sizeof aout.text);
	big(8, sizeof aout.data);
	big(Entry, Base+Header);
	memmove(aout.text, text, sizeof text);
}

static int	aoutsize = sizeof aout;

static void
execaout(void)
{
	char *args[] = {"conf.aout", nil};

	make("conf.aout", &aout, aoutsize);
	exec("conf.aout", args);
	snprint(buf, sizeof buf, "exec: %r");
	_exits(buf);
}

static void
tryaout(char *printed, char *ended, char *name)
{
	dies(execaout, printed, ended, name);
}

static void
aouts(void)
{
	char refused[] = "exec: exec header invalid", want[100];

	newaout();
	snprint(want, sizeof want, "suicide: sys: breakpoint pc=0x%x", Base+Header);
	tryaout(want, "=", "an a.out begins at its entry, behind the header");
	big(Entry, Base+Header+4);
	snprint(want, sizeof want, "suicide: sys: breakpoint pc=0x%x", Base+Header+4);
	tryaout(want, "=", "which may be anywhere in its text");
	big(Entry, Base+Header+sizeof aout.text);
	tryaout("", refused, "but not behind it");
	big(Entry, Base+Header-1);
	tryaout("", refused, "nor before it");
	big(Entry, 0);
	tryaout("", refused, "nor at 0");
	big(Entry, Base+Header);
	big(32, 1);
	tryaout("", refused, "the entry has 64 bits");
	newaout();
	big(Text, 0);
	tryaout("", refused, "no text");
	newaout();
	big(0, Foreign);
	tryaout("", refused, "the other machine's magic");
	newaout();
	big(0, Magic & ~0x8000);
	tryaout("", refused, "a magic without its flag");
	newaout();
	aoutsize = 39;
	tryaout("", refused, "39 bytes");
	aoutsize = 31;
	tryaout("", refused, "31 bytes");
	aoutsize = sizeof aout;
	big(16, 12345);
	big(20, 1);
	big(24, 77777);
	big(28, 99);
	snprint(want, sizeof want, "suicide: sys: breakpoint pc=0x%x", Base+Header);
	tryaout(want, "=", "symbols and the short entry do not matter");
	big(12, 64*Mega);
	tryaout(want, "=", "a large bss");
	aoutsize = sizeof aout - sizeof aout.data - 16;
	tryaout("suicide: sys: i/o error in demand load accessing */conf.aout: i/o count too small", "i/o error in demand load",
		"a text that is not there kills who gets there");
	aoutsize = sizeof aout;
	remove("conf.aout");
}

/* Does this kernel load ELF?  One without the patch does not; then the program is an a.out. */
static int
loadself(void)
{
	char *args[] = {"conf.elf", nil};
	int pid;

	newelf();
	make("conf.elf", elf, sizeof elf);
	pid = rfork(Fork);
	if(pid == 0){
		close(2);
		exec("conf.elf", args);
		snprint(buf, sizeof buf, "exec: %r");
		_exits(buf);
	}
	return strcmp(waitchild(pid), "exec: exec header invalid") != 0;
}

void
main(int argc, char *argv[])
{
	int f;

	if(argc > 1)
		become(argc, argv);
	sharing(argv[0]);
	f = open(".", OREAD);
	fd2path(f, here, sizeof here);
	close(f);
	ok(copyself(), "a copy of this program");
	refusals();
	arguments();
	addresses();
	scripts();
	piped();
	descriptors();
	names();
	kept();
	aouts();
	if(needs(loadself(), 15, "a kernel that loads ELF"))
		elves();
	remove("conf.exec");
	remove("conf.out");
	done();
}
