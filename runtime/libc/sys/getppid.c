#include <u.h>
#include <libc.h>
#include <elf9.h>

/* 0 if the kernel does not say. */
int
getppid(void)
{
	char buf[32];

	snprint(buf, sizeof buf, "/proc/%d/ppid", getpid());
	if(_slurp(buf, buf, sizeof buf) < 0)
		return 0;
	return atoi(buf);
}
