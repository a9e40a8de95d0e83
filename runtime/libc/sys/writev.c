#include <u.h>
#include <libc.h>
#include <elf9.h>

/* The chunks in one message. */
long
pwritev(int fd, IOchunk *io, int n, vlong offset)
{
	char *buf, *p;
	long total;

	buf = _iochunks(io, n, &total);
	if(buf == nil)
		return -1;
	p = buf;
	for(; n > 0; n--, io++){
		memmove(p, io->addr, io->len);
		p += io->len;
	}
	total = pwrite(fd, buf, total, offset);
	free(buf);
	return total;
}

long
writev(int fd, IOchunk *io, int n)
{
	return pwritev(fd, io, n, -1);
}
