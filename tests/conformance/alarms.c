#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "child.h"
#include "note.h"

/* alarm and sleep; facts/syscalls.md §4, observed-amd64.md §f and §g, observed-devices.md §B. */
static char interrupted[] = "interrupted";

static volatile int fired;
static char	buf[128];
static long	sem;

static int
count(Ureg *u, char *text)
{
	fired++;
	return keep(u, text);
}

static vlong
ms(void)
{
	return _nsec() / 1000000;
}

static void
values(void)
{
	long n;

	is(alarm(0), 0, "no alarm");
	is(alarm(100000), 0, "the first alarm");
	n = alarm(50000);
	ok(n > 99000 && n <= 100000+Ticks, "a second one tells what was left of the first");
	sleep(100);
	n = alarm(0);
	ok(n > 40000 && n <= 49950, "less as time goes by");
	is(n%Ticks, 0, "in ticks of the clock");
	is(alarm(0), 0, "alarm of 0 cancels");
	alarm(100000);
	n = syscall(SYS_alarm, (uvlong)1<<32);
	ok(n > 99000, "the high half of the slot does not count");
	is(alarm(0), 0, "so that was a cancel");
	alarm(-1);
	n = alarm(0);
	ok(n != 0 && n != -1, "a huge time");
	alarm(2000000999);
	n = alarm(0);
	ok(n > 1999900000 && n <= 2000000000, "a long time is cut to whole seconds");
}

static void
fires(void)
{
	vlong t;
	int i, r;

	catch(count);
	fired = 0;
	t = ms();
	alarm(50);
	fails(sleep(3000), interrupted, "an alarm interrupts sleep");
	t = ms() - t;
	ok(t >= 30 && t < 2500, "when its time has come");
	is(fired, 1, "the handler runs once");
	same(notes[0], "alarm", "the note is alarm, without a pc");
	is(alarm(0), 0, "nothing is left of it");
	r = sleep(30);
	ok(r == 0 && fired == 1, "and it does not come again");

	fired = 0;
	alarm(50);
	for(t = ms(); !fired && ms() - t < 5000;)
		;
	ok(fired, "an alarm interrupts a computation that makes calls");
	fired = 0;
	alarm(50);
	while(!fired)
		;
	ok(fired, "and one that makes none");

	fired = 0;
	alarm(1);
	sleep(1000);
	is(fired, 1, "the shortest alarm");

	fired = 0;
	alarm(30);
	alarm(0);
	is(sleep(80), 0, "a cancelled alarm does not interrupt");
	is(fired, 0, "nor is there a note");

	alarm(30);
	alarm(300000);
	is(sleep(80), 0, "a later alarm replaces an earlier one");
	alarm(300000);
	alarm(30);
	fails(sleep(2000), interrupted, "an earlier one a later");
	alarm(0);

	fired = 0;
	for(i = 0; i < 5; i++){
		alarm(10);
		sleep(1000);
	}
	is(fired, 5, "five one after the other");
	catch(nil);
}

static int
again(Ureg *u, char *text)
{
	if(++fired < 4)
		alarm(10);
	return keep(u, text);
}

static void
inside(void)
{
	int i;

	catch(again);
	fired = 0;
	alarm(10);
	for(i = 0; i < 100 && fired < 4; i++)
		sleep(100);
	is(fired, 4, "a handler can set the next alarm");
	catch(nil);
}

static void
sleeper(void)
{
	sleep(3000);
	_exits("slept");
}

static void
alarmsleep(void)
{
	alarm(30);
	sleeper();
}

static void
alarmspin(void)
{
	alarm(30);
	for(;;)
		;
}

static void
alarmcalls(void)
{
	alarm(30);
	for(;;)
		sleep(0);
}

static void
forgotten(void)
{
	catch(count);
	alarm(50);
	_notify(nil);
	sleeper();
}

static void
deaths(void)
{
	dies(alarmsleep, "", "alarm", "without a handler an alarm kills a sleeper");
	dies(alarmspin, "", "alarm", "and who computes");
	dies(alarmcalls, "", "alarm", "and who makes one call after the other");
	dies(forgotten, "", "alarm", "notify of nil forgets the handler");
}

static void
slept(void)
{
	if(sleep(100) != 0)
		_exits("interrupted");
	if(alarm(0) != 0)
		_exits("there is an alarm");
}

static void
other(void)
{
	alarm(20);
	if(sleep(2000) != -1 || fired == 0)
		_exits("no alarm");
}

static void
children(void)
{
	int child;

	catch(count);
	fired = 0;
	alarm(60);
	child = start(Fork, slept);
	sleep(1000);
	is(fired, 1, "the parent has its alarm");
	same(waitchild(child), "", "its child has none");
	fired = 0;
	child = start(Fork, other);
	is(sleep(100), 0, "the child's alarm is not the parent's");
	same(waitchild(child), "", "but its own");
	fired = 0;
	child = start(Fork|RFMEM, slept);
	alarm(40);
	fails(sleep(1000), interrupted, "RFMEM: the parent's alarm is the parent's");
	same(waitchild(child), "", "RFMEM: and not the child's");
	catch(nil);
	alarm(100000);
	child = start(Fork, alarmsleep);
	same(waitchild(child), "alarm", "a child dies of its alarm");
	ok(alarm(0) > 90000, "the parent's still runs");
}

static void
longer(void)
{
	sleep(120);
}

static void
calls(void)
{
	void *r;
	int fd[2], child;

	catch(count);
	alarm(20);
	seterror("before");
	r = rendezvous((void*)0x1234, (void*)5);
	ok(r == (void*)~(uintptr)0, "an alarm interrupts rendezvous: all ones");
	same(error(), "before", "and leaves the error string");
	sem = 0;
	alarm(20);
	fails(semacquire(&sem, 1), interrupted, "it interrupts semacquire");
	alarm(20);
	fails(tsemacquire(&sem, 3000), interrupted, "and tsemacquire");
	is(sem, 0, "the semaphore is as before");
	child = start(Fork, longer);
	alarm(20);
	fails(await(buf, sizeof buf), interrupted, "and await");
	same(waitchild(child), "", "whose record comes later");
	if(pipe(fd) < 0)
		fd[0] = fd[1] = -1;
	alarm(20);
	fails(read(fd[0], buf, 10), interrupted, "and a read from a pipe");
	write(fd[1], "still", 5);
	is(read(fd[0], buf, 10), 5, "which works afterwards");
	close(fd[0]);
	close(fd[1]);
	alarm(20);
	for(fired = 0; !fired;)
		sleep(0);
	is(sleep(10), 0, "an alarm between calls interrupts none later");
	catch(nil);
}

static void
sleeps(void)
{
	vlong t;

	seterror("kept");
	is(sleep(0), 0, "sleep of 0");
	is(sleep(-1), 0, "sleep of less");
	is(sleep(-2147483647-1), 0, "the least");
	t = ms();
	is(sleep(50), 0, "sleep of 50 ms");
	t = ms() - t;
	ok(t >= 49 && t < 2000, "takes as long");
	t = ms();
	sleep(1);
	t = ms() - t;
	ok(t >= 0 && t < 1000, "sleep of 1 ms");
	same(error(), "kept", "sleep leaves the error string");
	t = ms();
	is(syscall(SYS_sleep, (uvlong)5<<32), 0, "the high half of the slot does not count");
	ok(ms() - t < 1000, "in sleep");
}

static void
spinner(void)
{
	while(((volatile int*)shared)[1] == 0)
		;
}

static void
fair(void)
{
	int a, b;

	/* two that compute for ever do not keep the third from running */
	shared[1] = 0;
	a = start(Fork, spinner);
	b = start(Fork, spinner);
	is(sleep(50), 0, "a sleeper wakes while others compute");
	shared[1] = 1;
	same(waitchild(a), "", "the first computing child ends");
	b = start(Fork, spinner);
	same(waitchild(b), "", "and so does another");
}

/* What the same program does when it is executed again: dies of an alarm that was set before. */
static void
again2(void)
{
	char *args[] = {"conf.exec", "sleep", nil};

	alarm(80);
	exec("conf.exec", args);
	_exits("exec");
}

static void
left(void)
{
	char *args[] = {"conf.exec", "left", nil};

	alarm(100000);
	exec("conf.exec", args);
	_exits("exec");
}

static void
handled(void)
{
	char *args[] = {"conf.exec", "sleep", nil};

	catch(count);
	alarm(80);
	exec("conf.exec", args);
	_exits("exec");
}

static void
executed(void)
{
	ok(copyself(), "a copy of this program");
	dies(again2, "", "alarm", "an alarm survives exec");
	dies(handled, "", "alarm", "its handler does not");
	same(run(Fork, left), "rest", "alarm gives what is left across exec");
	remove("conf.exec");
}

void
main(int argc, char *argv[])
{
	long n;

	if(argc > 1 && strcmp(argv[1], "sleep") == 0)
		sleeper();
	if(argc > 1 && strcmp(argv[1], "left") == 0){
		n = alarm(0);
		_exits(n > 90000 && n <= 100000+Ticks ? "rest" : "nothing is left");
	}
	sharing(argv[0]);
	values();
	sleeps();
	fires();
	inside();
	deaths();
	children();
	calls();
	fair();
	executed();
	done();
}
