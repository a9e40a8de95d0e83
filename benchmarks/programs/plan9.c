#include <u.h>
#include <libc.h>

/* The system's side on Plan 9; see bench.h. */

void
emit(char *text, u32int n)
{
	write(1, text, n);
}

__attribute__((noinline)) vlong
callnothing(void)
{
	__asm__ volatile("");
	return 0;
}

vlong
callnumber(void)
{
	return _nsec();
}

vlong
callseek(void)
{
	static int fd = -1;

	if(fd < 0)
		fd = open("/dev/zero", OREAD);
	return seek(fd, 0, 1);
}

vlong
callopen(char *file)
{
	return open(file, OREAD);
}

vlong
callread(int fd, void *to, u32int n)
{
	return read(fd, to, n);
}

vlong
callwrite(int fd, void *from, u32int n)
{
	return write(fd, from, n);
}

vlong
callclose(int fd)
{
	return close(fd);
}

vlong
callpipe(int *fd)
{
	return pipe(fd);
}

vlong
callfork(void)
{
	return rfork(RFPROC|RFFDG|RFREND);
}

vlong
callexec(char **argv)
{
	return exec(argv[0], argv);
}

vlong
callwait(void)
{
	char record[512];

	return await(record, sizeof record);
}

void
callexit(void)
{
	_exits(nil);
}

void*
callmemory(u64int n)
{
	void *start;

	start = sbrk(n);
	return start == (void*)-1? nil: start;
}

void
onecpu(void)
{
	/* 9front's scheduler decides */
}

/*
 * Who comes first to a rendezvous waits, and lets the other run, which goes on
 * from this one to wait in the next: a switch each.
 */
u64int
alternate(u32int n)
{
	static char tag;
	u64int sum;
	u32int i;
	int pid;

	pid = rfork(RFPROC|RFMEM);
	if(pid < 0)
		return 0;
	sum = 0;
	for(i = 0; i < n; i++)
		sum += (uintptr)rendezvous(&tag, (void*)1);
	if(pid == 0)
		_exits(nil);
	callwait();
	return sum;
}
