#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "dirstat.h"

/* Of a file by name or, without one, by descriptor. */
int
_dirwstat(char *name, int fd, Dir *d)
{
	uchar *buf;
	uint n;
	int r;

	n = sizeD2M(d);
	buf = malloc(n);
	if(buf == nil)
		return -1;
	convD2M(d, buf, n);
	r = name != nil ? wstat(name, buf, n) : fwstat(fd, buf, n);
	free(buf);
	return r;
}
