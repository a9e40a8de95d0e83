#include <u.h>
#include <libc.h>
#include <fcall.h>

/* n bytes of stat entries as an array in one block, the strings behind it; how many, -1 if they are none. */
static long
package(uchar *buf, long n, Dir **dirs)
{
	char *s;
	long at, size, ndir;
	Dir *d;

	ndir = 0;
	for(at = 0; at < n; at += size){
		if(at + BIT16SZ >= n)
			return -1;
		size = BIT16SZ + GBIT16(buf+at);
		if(at + size > n || statcheck(buf+at, size) < 0)
			return -1;
		ndir++;
	}
	d = malloc(ndir*sizeof(Dir) + n);
	if(d == nil)
		return -1;
	*dirs = d;
	s = (char*)(d+ndir);
	for(at = 0; at < n; at += size){
		size = convM2D(buf+at, n-at, d++, s);
		s += size;
	}
	return ndir;
}

/* Some more entries; 0 at the end. */
long
dirread(int fd, Dir **dirs)
{
	uchar *buf;
	long n;

	*dirs = nil;
	buf = malloc(DIRMAX);
	if(buf == nil)
		return -1;
	n = read(fd, buf, DIRMAX);
	if(n > 0)
		n = package(buf, n, dirs);
	free(buf);
	return n;
}

/* All that are left. */
long
dirreadall(int fd, Dir **dirs)
{
	uchar *buf, *p;
	long n, m;

	*dirs = nil;
	buf = nil;
	n = 0;
	for(;;){
		p = realloc(buf, n+DIRMAX);
		if(p == nil){
			free(buf);
			return -1;
		}
		buf = p;
		m = read(fd, buf+n, DIRMAX);
		if(m <= 0)
			break;
		n += m;
	}
	if(n > 0)
		m = package(buf, n, dirs);
	free(buf);
	return m;
}
