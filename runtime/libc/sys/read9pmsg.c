#include <u.h>
#include <libc.h>
#include <fcall.h>

/* One message in at most n bytes: how many; 0 when the connection ended. */
int
read9pmsg(int fd, void *buf, uint n)
{
	uchar *p;
	int m;
	uint size;

	p = buf;
	m = readn(fd, p, BIT32SZ);
	if(m != BIT32SZ)
		return m < 0 ? -1 : 0;
	size = GBIT32(p);
	if(size <= BIT32SZ || size > n){
		werrstr("bad length in 9P2000 message header");
		return -1;
	}
	m = readn(fd, p+BIT32SZ, size-BIT32SZ);
	return m < (int)(size-BIT32SZ) ? 0 : size;
}
