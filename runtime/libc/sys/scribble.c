#include <u.h>
#include <libc.h>
#include <elf9.h>

/* Writes n bytes to a file that exists, in one message; -1 unless all were taken. */
int
_scribble(char *file, char *text, long n)
{
	int fd, r;

	fd = open(file, OWRITE|OCEXEC);
	if(fd < 0)
		return -1;
	r = write(fd, text, n) == n ? 0 : -1;
	close(fd);
	return r;
}
