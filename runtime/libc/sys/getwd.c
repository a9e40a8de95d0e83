#include <u.h>
#include <libc.h>

/* The name of the current directory, cut to n bytes; nil if it has none. */
char*
getwd(char *buf, int n)
{
	int fd, r;

	fd = open(".", OREAD|OCEXEC);
	if(fd < 0)
		return nil;
	r = fd2path(fd, buf, n);
	close(fd);
	return r < 0 ? nil : buf;
}
