#include <u.h>
#include <libc.h>
#include <thread.h>
#include "tap.h"

/*
 * The thread library; thread(2), ioproc(2).  Only the first thread says ok:
 * others tell it through channels or counters what they saw.
 */
enum
{
	Stack = 8192,
	Nvalue = 40,
	Nsender = 3,
};

static Ref count;
static char record[256];

static void
note(char *s)
{
	strcat(record, s);
}

/* The three letters of v, one each time that it runs. */
static void
letters(void *v)
{
	char *s, one[2];

	one[1] = '\0';
	for(s = v; *s != '\0'; s++){
		one[0] = *s;
		note(one);
		yield();
	}
}

static void
turns(void)
{
	int a, b, i;

	record[0] = '\0';
	a = threadcreate(letters, "abc", Stack);
	b = threadcreate(letters, "xyz", Stack);
	ok(b > a && a > threadid(), "ids of threads only grow");
	same(record, "", "a new thread waits for its turn");
	for(i = 0; i < 5; i++)
		yield();
	same(record, "axbycz", "threads of a proc take turns");
}

static void
senddouble(void *v)
{
	int i;

	for(i = 0; i < 5; i++)
		sendul(v, 2*i);
	chanclose(v);
}

static void
closing(void)
{
	Channel *c;
	Alt a[3];
	ulong v;
	int i, good;

	c = chancreate(sizeof(ulong), 0);
	threadcreate(senddouble, c, Stack);
	good = 1;
	for(i = 0; i < 5; i++)
		good &= recv(c, &v) == 1 && v == 2*i;
	ok(good, "values of an unbuffered channel come in order");
	is(recv(c, &v), -1, "recv of a closed channel: -1");
	is(chanclosing(c), 0, "nothing is left in it");
	is(sendul(c, 1), -1, "send: -1");
	is(chanclose(c), -1, "it is closed only once");
	chanfree(c);

	c = chancreate(sizeof(ulong), 3);
	is(chanclosing(c), -1, "chanclosing of an open channel: -1");
	is(nbsendul(c, 1), 1, "a buffer takes a value");
	is(nbsendul(c, 2), 1, "and another");
	is(nbsendul(c, 3), 1, "and a third");
	is(nbsendul(c, 4), 0, "but no more than its size");
	chanclose(c);
	is(chanclosing(c), 3, "what is in a closed channel");
	is(recvul(c), 1, "can be received");
	is(nbrecvul(c), 2, "also without blocking");

	a[0].c = c;
	a[0].op = CHANRCV;
	a[0].v = &v;
	a[0].err = nil;
	a[1].c = c;
	a[1].op = CHANSND;
	a[1].v = nil;
	a[1].err = nil;
	a[2].op = CHANEND;
	is(alt(a), 0, "alt takes the last value");
	ok(v == 3 && a[0].err == nil, "which is no failure");
	i = alt(a);
	ok(i >= 0 && a[i].err != nil && strcmp(a[i].err, "channel was closed") == 0, "an entry fails");
	i = 1-i;
	ok(alt(a) == i && a[i].err != nil, "then the other one");
	is(alt(a), -1, "then alt");
	chanfree(c);
}

typedef struct Sender Sender;
struct Sender
{
	Channel	*c;
	Channel	*done;
	int	who;
};

static void
sender(void *v)
{
	Sender *s;
	int i;

	s = v;
	for(i = 0; i < Nvalue; i++)
		send(s->c, (int[]){s->who<<16 | i});
	sendul(s->done, s->who);
}

/* Every value of every sender arrives once, those of one sender in order. */
static void
crowd(int buffer, int procs, char *name)
{
	static Sender s[Nsender];
	Channel *done;
	Alt a[Nsender+2];
	int i, who, next[Nsender], v[Nsender+1], got, good;

	done = chancreate(sizeof(ulong), Nsender);
	for(i = 0; i < Nsender; i++){
		s[i].c = chancreate(sizeof(int), buffer);
		s[i].done = done;
		s[i].who = i;
		next[i] = 0;
		a[i].c = s[i].c;
		a[i].v = &v[i];
		a[i].op = CHANRCV;
		if(procs)
			proccreate(sender, &s[i], Stack);
		else
			threadcreate(sender, &s[i], Stack);
	}
	a[Nsender].op = CHANEND;
	good = 1;
	for(got = 0; got < Nsender*Nvalue; got++){
		i = alt(a);
		if(i < 0 || i >= Nsender){
			good = 0;
			break;
		}
		who = v[i]>>16;
		good &= who == i && (v[i]&0xffff) == next[i]++;
	}
	ok(good, name);
	for(i = 0; i < Nsender; i++)
		recvul(done);
	for(i = 0; i < Nsender; i++)
		chanfree(s[i].c);
	chanfree(done);
}

static void
consume(void *v)
{
	Channel **c;
	ulong n, sum;

	c = v;
	sum = 0;
	while((n = recvul(c[0])) != 0)
		sum += n;
	sendul(c[1], sum);
}

static void
manytomany(void)
{
	Channel *c[2];
	int i, sum;

	c[0] = chancreate(sizeof(ulong), 2);
	c[1] = chancreate(sizeof(ulong), 0);
	for(i = 0; i < 4; i++)
		if(i&1)
			proccreate(consume, c, Stack);
		else
			threadcreate(consume, c, Stack);
	for(i = 1; i <= 60; i++)
		sendul(c[0], i);
	for(i = 0; i < 4; i++)
		sendul(c[0], 0);
	sum = 0;
	for(i = 0; i < 4; i++)
		sum += recvul(c[1]);
	is(sum, 60*61/2, "threads and procs share what comes");
	chanfree(c[0]);
	chanfree(c[1]);
}

static void
wholog(void *v)
{
	recvul(v);
	note("r");
}

static void
alts(void)
{
	Channel *c, *d;
	Alt a[4];
	ulong v, w;
	int i, seen[2];

	c = chancreate(sizeof(ulong), 1);
	d = chancreate(sizeof(ulong), 1);
	w = 7;
	a[0].c = c;
	a[0].op = CHANNOP;
	a[0].v = &v;
	a[1].c = d;
	a[1].op = CHANRCV;
	a[1].v = &v;
	a[2].c = c;
	a[2].op = CHANSND;
	a[2].v = &w;
	a[3].op = CHANNOBLK;
	is(alt(a), 2, "alt sends where there is room");
	is(alt(a), 3, "CHANNOBLK when nothing can proceed; CHANNOP never does");
	a[0].op = CHANRCV;
	is(alt(a), 0, "alt receives");
	is(v, 7, "what was sent");
	seen[0] = seen[1] = 0;
	for(i = 0; i < 40; i++){
		nbsendul(c, 1);
		nbsendul(d, 1);
		a[2].op = CHANNOP;
		switch(alt(a)){
		case 0:
			seen[0]++;
			break;
		case 1:
			seen[1]++;
			break;
		}
	}
	ok(seen[0] > 5 && seen[1] > 5, "of those that can proceed it picks any");
	while(nbrecv(c, nil) == 1 || nbrecv(d, nil) == 1)
		;
	record[0] = '\0';
	threadcreate(wholog, c, Stack);
	yield();
	same(record, "", "a receiver waits");
	send(c, nil);
	yield();
	same(record, "r", "until somebody sends");
	chanfree(c);
	chanfree(d);
}

static void
strings(void *v)
{
	chanprint(v, "%s is %d", "six by nine", 42);
	sendp(v, nil);
}

static void
pointers(void)
{
	Channel *c;
	char *s;

	c = chancreate(sizeof(char*), 0);
	threadcreate(strings, c, Stack);
	s = recvp(c);
	same(s, "six by nine is 42", "chanprint");
	free(s);
	ok(recvp(c) == nil, "nil is a pointer, too");
	ok(nbrecvp(c) == nil, "nobody sends");
	is(nbsendp(c, c), 0, "nobody receives");
	chanfree(c);
	ok(chancreate(0, 1) == nil && chancreate(1, -1) == nil, "channels that cannot be");
}

static QLock ql;
static RWLock rw;
static Rendez rz;
static int inside, worst;

static void
locker(void *v)
{
	int i;

	for(i = 0; i < 10; i++){
		qlock(&ql);
		if(++inside > worst)
			worst = inside;
		yield();
		inside--;
		qunlock(&ql);
	}
	sendul(v, 0);
}

static void
reader(void *v)
{
	int i;

	for(i = 0; i < 5; i++){
		rlock(&rw);
		yield();
		runlock(&rw);
	}
	sendul(v, 0);
}

static void
writer(void *v)
{
	int i;

	for(i = 0; i < 5; i++){
		wlock(&rw);
		if(++inside > worst)
			worst = inside;
		yield();
		inside--;
		wunlock(&rw);
	}
	sendul(v, 0);
}

static void
sleeper(void *v)
{
	qlock(&ql);
	inside++;
	rsleep(&rz);
	inside--;
	qunlock(&ql);
	sendul(v, 0);
}

static void
locks(void)
{
	Channel *c;
	int i, n;

	c = chancreate(sizeof(ulong), 0);
	for(i = 0; i < 6; i++)
		if(i&1)
			proccreate(locker, c, Stack);
		else
			threadcreate(locker, c, Stack);
	for(i = 0; i < 6; i++)
		recvul(c);
	is(worst, 1, "one thread at a time has a qlock; others of its proc run");
	worst = 0;
	for(i = 0; i < 6; i++)
		threadcreate(i&1 ? reader : writer, c, Stack);
	proccreate(writer, c, Stack);
	proccreate(reader, c, Stack);
	for(i = 0; i < 8; i++)
		recvul(c);
	is(worst, 1, "one writer at a time has a rwlock");
	rz.l = &ql;
	for(i = 0; i < 3; i++)
		threadcreate(sleeper, c, Stack);
	proccreate(sleeper, c, Stack);
	for(n = 0; n < 4;){
		yield();
		qlock(&ql);
		n = inside;
		qunlock(&ql);
	}
	qlock(&ql);
	n = rwakeupall(&rz);
	qunlock(&ql);
	is(n, 4, "rwakeupall wakes all threads up");
	for(i = 0; i < 4; i++)
		recvul(c);
	is(inside, 0, "and they go on");
	chanfree(c);
}

static void
identity(void *v)
{
	Channel *c;

	c = v;
	*threaddata() = &c;
	*procdata() = c;
	threadsetname("thread %d", threadid());
	sendul(c, getpid());
	sendul(c, threadgetgrp());
	sendul(c, threadid());
	sendul(c, strcmp(threadgetname(), "x") == 0);
	sendul(c, *threaddata() == &c && *procdata() == c);
	recvul(c);
}

static void
identities(void)
{
	Channel *c;
	int id, pid;

	c = chancreate(sizeof(ulong), 0);
	is(threadsetgrp(5), 0, "the first thread's group is 0");
	id = proccreate(identity, c, Stack);
	pid = recvul(c);
	ok(pid != getpid(), "a proc is a process");
	is(threadpid(id), pid, "threadpid knows it");
	is(threadpid(threadid()), getpid(), "and this one");
	is(threadpid(99999), -1, "-1: no such thread");
	is(recvul(c), 5, "a new proc is in its creator's group");
	is(recvul(c), id, "proccreate's value is the thread's id");
	is(recvul(c), 0, "it has a name");
	is(recvul(c), 1, "and data, its own and its proc's");
	sendul(c, 0);
	threadsetgrp(0);
	id = threadcreate(identity, c, Stack);
	is(recvul(c), getpid(), "a thread is in the process of its creator");
	is(threadpid(id), getpid(), "as threadpid says");
	threadkill(id);
	yield();
	is(threadpid(id), -1, "which forgets the dead");
	chanfree(c);
}

static void
waits(void *v)
{
	Channel **c;

	int r;

	c = v;
	r = recv(c[0], nil);
	while(sendul(c[1], r == -1) != 1)
		;
}

static void
reads(void *v)
{
	Channel **c;
	int fd[2];
	char buf[1];

	c = v;
	pipe(fd);
	sendul(c[1], 0);
	sendul(c[1], read(fd[0], buf, 1) == -1);
}

static void
dies(void *v)
{
	Channel **c;

	c = v;
	recv(c[0], nil);
	sendul(c[1], 99);
}

static void
interrupts(void)
{
	Channel *c[2];
	ulong v;
	int id;

	c[0] = chancreate(sizeof(ulong), 0);
	c[1] = chancreate(sizeof(ulong), 0);
	id = threadcreate(waits, c, Stack);
	yield();
	threadint(id);
	is(recvul(c[1]), 1, "threadint: recv is -1");
	id = proccreate(waits, c, Stack);
	for(v = 0; nbrecv(c[1], &v) == 0; sleep(5))
		threadint(id);
	is(v, 1, "also in another proc");
	id = proccreate(reads, c, Stack);
	recvul(c[1]);
	sleep(50);
	threadint(id);
	is(recvul(c[1]), 1, "a system call fails");
	threadcreate(dies, c, Stack);
	id = threadsetgrp(7);
	threadcreate(dies, c, Stack);
	threadcreate(dies, c, Stack);
	threadsetgrp(id);
	yield();
	threadkillgrp(7);
	yield();
	is(nbsendul(c[0], 0), 1, "one receiver is not in the group that was killed");
	is(recvul(c[1]), 99, "it lives");
	yield();
	is(nbsendul(c[0], 0), 0, "the others do not");
	chanfree(c[0]);
	chanfree(c[1]);
}

static void
child(void *v)
{
	static char *args[] = {"nothere", nil};
	char err[ERRMAX];

	procexec(v, "/bin/nothere/atall", args);
	err[0] = '\0';
	errstr(err, sizeof err);
	sendul(v, err[0] != '\0');
}

static char *how;	/* what the child does */

static void
again(void *v)
{
	procexecl(v, "/tmp/conf.exec", "conf.exec", "child", how, nil);
}

static int
recurse(int n)
{
	volatile char buf[1024];

	memset((char*)buf, n, sizeof buf);
	return n == 0 ? 0 : recurse(n-1) + buf[n];
}

static void
ends(void *v)
{
	char *s;

	s = v;
	if(strcmp(s, "all") == 0)
		threadexitsall("of all");
	if(strcmp(s, "fatal") == 0){
		close(2);
		sysfatal("of %s", s);
	}
	if(strcmp(s, "overflow") == 0){
		dup(create("/tmp/conf.said", OWRITE, 0666), 2);
		recurse(20);
		yield();
	}
	threadexits("not seen");
}

static void
bye(void)
{
	char *s;

	s = getenv("bye");
	if(s != nil && strcmp(s, "proc") == 0)
		putenv("bye", "heard");
}

/* A program of threads that ends in one of several ways. */
static void
childmain(char *s)
{
	int fd[2];
	char c;

	if(strcmp(s, "main") == 0)
		return;
	if(strcmp(s, "thread") == 0){
		threadcreate(ends, "", Stack);
		yield();
		threadexits("of the last");
	}
	if(strcmp(s, "proc") == 0){
		atexit(bye);
		putenv("bye", "proc");
		threadexitsall("of proc");
	}
	if(strcmp(s, "overflow") == 0)
		threadcreate(ends, s, Stack);
	else
		proccreate(ends, s, Stack);
	pipe(fd);
	yield();
	read(fd[0], &c, 1);	/* until the other proc ends everything */
}

/* How the child ends that does s. */
static void
status(Channel *c, char *s, char *want, char *name)
{
	Waitmsg *m;
	int pid;

	how = s;
	proccreate(again, c, Stack);
	pid = recvul(c);
	if(pid < 0){	/* as when two of these run in one directory at the same time */
		ok(0, name);
		return;
	}
	m = recvp(threadwaitchan());
	if(!ok(m->pid == pid && strstr(m->msg, want) != nil, name))
		print("# got \"%s\"\n", m->msg);
	free(m);
}

/* A program to execute: this one, from the current directory. */
static int
copyself(char *argv0)
{
	char buf[8192], *s;
	int in, out, n;

	s = strrchr(argv0, '/');
	in = open(s == nil ? argv0 : s+1, OREAD);
	out = create("/tmp/conf.exec", OWRITE, 0777);
	while((n = read(in, buf, sizeof buf)) > 0)
		if(write(out, buf, n) != n)
			break;
	close(in);
	close(out);
	return n == 0 && in >= 0 && out >= 0;
}

static void
execs(char *argv0)
{
	Channel *c;
	char said[200], *bye;
	int fd;

	c = chancreate(sizeof(ulong), 0);
	proccreate(child, c, Stack);
	is((int)recvul(c), -1, "procexec of what is not there: -1 is sent");
	is(recvul(c), 1, "it comes back with an error");
	ok(copyself(argv0), "there is something to execute");
	threadwaitchan();
	status(c, "main", "threadmain", "threadmain comes back");
	status(c, "thread", "of the last", "the last thread ends");
	status(c, "all", "of all", "another proc calls threadexitsall");
	status(c, "fatal", "of fatal", "sysfatal ends all");
	status(c, "overflow", "sys: trap", "a stack is too small");
	memset(said, 0, sizeof said);
	fd = open("/tmp/conf.said", OREAD);
	read(fd, said, sizeof said - 1);
	close(fd);
	ok(strstr(said, "stack overflow: thread ") != nil, "and that is said");
	remove("/tmp/conf.said");
	putenv("bye", "");
	status(c, "proc", "of proc", "threadexitsall");
	bye = getenv("bye");
	same(bye, "heard", "calls what atexit knows");
	free(bye);
	chanfree(c);
	remove("/tmp/conf.exec");
}

static int noted7;

static int
hear(void *v, char *s)
{
	USED(v);
	if(strcmp(s, "seven") != 0)
		return 0;
	noted7++;
	return 1;
}

static void
notes(void)
{
	int i;

	is(threadnotify(hear, 1), 1, "a handler of notes");
	postnote(PNPROC, getpid(), "seven");
	for(i = 0; i < 50 && noted7 == 0; i++)
		sleep(1);
	is(noted7, 1, "hears one");
	is(threadnotify(hear, 0), 1, "it is taken away");
	is(threadnotify(hear, 0), 0, "only once");
}

static void
interrupter(void *v)
{
	sleep(50);
	iointerrupt(v);
}

static long
sum(va_list *arg)
{
	int n;
	vlong s;

	s = 0;
	for(n = va_arg(*arg, int); n > 0; n--)
		s += va_arg(*arg, vlong);
	return s;
}

static void
counter(void *v)
{
	while(!*(int*)v){
		inside++;
		yield();
	}
	inside = -1;
}

static void
ioprocs(void)
{
	Ioproc *io;
	char buf[16], err[ERRMAX];
	int fd[2], stop;

	io = ioproc();
	pipe(fd);
	is(iowrite(io, fd[1], "hello", 5), 5, "iowrite");
	is(ioread(io, fd[0], buf, sizeof buf), 5, "ioread");
	ok(memcmp(buf, "hello", 5) == 0, "what was written");
	is(iocall(io, sum, 8, (vlong)1, (vlong)2, (vlong)3, (vlong)4, (vlong)5, (vlong)6, (vlong)7, (vlong)8), 36,
		"iocall gives all its arguments");
	is(ioopen(io, "/not/there", OREAD), -1, "ioopen fails");
	err[0] = '\0';
	errstr(err, sizeof err);
	ok(err[0] != '\0', "with an error");
	stop = 0;
	inside = 0;
	threadcreate(counter, &stop, Stack);
	is(iosleep(io, 30), 0, "iosleep");
	ok(inside > 2, "meanwhile other threads run");
	stop = 1;
	while(inside != -1)
		yield();
	proccreate(interrupter, io, Stack);
	is(ioread(io, fd[0], buf, 1), -1, "iointerrupt ends a read");
	iointerrupt(io);
	ioflush(io);
	iowrite(io, fd[1], "abc", 3);
	is(ioreadn(io, fd[0], buf, 3), 3, "ioflush took what was left of another");
	is(ioclose(io, fd[0]), 0, "ioclose");
	close(fd[1]);
	closeioproc(io);
}

static void
forever(void *v)
{
	int fd[2];
	char c;

	pipe(fd);
	incref(&count);
	sendul(v, 0);
	read(fd[0], &c, 1);
}

static void
waitforever(void *v)
{
	Channel *c;

	incref(&count);
	sendul(v, 0);
	c = chancreate(1, 0);
	recv(c, nil);
}

void
threadmain(int argc, char *argv[])
{
	Channel *c;

	if(argc > 1 && strcmp(argv[1], "child") == 0){
		childmain(argv[2]);
		return;
	}
	turns();
	closing();
	crowd(0, 0, "alt over unbuffered channels, threads");
	crowd(4, 0, "alt over buffered channels, threads");
	crowd(0, 1, "alt over unbuffered channels, procs");
	crowd(4, 1, "alt over buffered channels, procs");
	manytomany();
	alts();
	pointers();
	locks();
	identities();
	interrupts();
	execs(argv[0]);
	notes();
	ioprocs();

	c = chancreate(sizeof(ulong), 0);
	proccreate(forever, c, Stack);
	proccreate(waitforever, c, Stack);
	recvul(c);
	recvul(c);
	is(decref(&count), 1, "decref");
	is(decref(&count), 0, "decref of the last is 0");
	print("1..%d\n", tapcount);
	threadexitsall(tapfailed == 0 ? nil : "failed");
}
