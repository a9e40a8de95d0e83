#include <u.h>
#include <libc.h>
#include <elf9.h>

/* The first n-1 bytes of a small file, with a NUL; -1 if it cannot be read. */
long
_slurp(char *file, char *buf, long n)
{
	int fd;

	fd = open(file, OREAD|OCEXEC);
	if(fd < 0)
		return -1;
	n = read(fd, buf, n-1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}
