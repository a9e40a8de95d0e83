#include <u.h>
#include <libc.h>
#include <elf9.h>

/* One message, whose bytes go to the chunks one after the other. */
long
preadv(int fd, IOchunk *io, int n, vlong offset)
{
	char *buf, *p;
	long total, left, m;

	buf = _iochunks(io, n, &total);
	if(buf == nil)
		return -1;
	total = pread(fd, buf, total, offset);
	p = buf;
	for(left = total; n > 0 && left > 0; n--, io++){
		m = io->len;
		if(m > left)
			m = left;
		memmove(io->addr, p, m);
		p += m;
		left -= m;
	}
	free(buf);
	return total;
}

long
readv(int fd, IOchunk *io, int n)
{
	return preadv(fd, io, n, -1);
}
