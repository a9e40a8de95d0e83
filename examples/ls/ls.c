#include <u.h>
#include <libc.h>

/*
 * A directory reads as stat entries, one after the other; stat(5) is their
 * layout.  Numbers are little-endian and not aligned.
 */
enum
{
	Omode = 21,
	Olength = 33,
	Oname = 41,
};

static uint
get16(uchar *p)
{
	return p[0] | p[1]<<8;
}

static ulong
get32(uchar *p)
{
	return get16(p) | get16(p+2)<<16;
}

static uvlong
get64(uchar *p)
{
	return get32(p) | (uvlong)get32(p+4)<<32;
}

/* Prints one entry as `d rwxr-xr-x length name`; its size in bytes, 0 if it is broken. */
static long
entry(uchar *p, uchar *end)
{
	char name[256];
	ulong mode;
	uint size, n;
	int i;

	if(end-p < STATFIXLEN)
		return 0;
	size = get16(p) + 2;
	n = get16(p+Oname);
	if(size > end-p || n >= sizeof name || Oname+2+n > size)
		return 0;
	memmove(name, p+Oname+2, n);
	name[n] = '\0';
	mode = get32(p+Omode);
	print("%c ", mode & DMDIR ? 'd' : '-');
	for(i = 8; i >= 0; i--)
		print("%c", mode & 1<<i ? "xwr"[i%3] : '-');
	print(" %6llud %s\n", get64(p+Olength), name);
	return size;
}

/* Lists a directory. */
static void
ls(char *dir)
{
	uchar buf[8192], *p;
	long n, size;
	int fd;

	fd = open(dir, OREAD);
	if(fd < 0)
		sysfatal("%s: %r", dir);
	while((n = read(fd, buf, sizeof buf)) > 0)
		for(p = buf; p < buf+n; p += size){
			size = entry(p, buf+n);
			if(size == 0)
				sysfatal("%s: malformed entry", dir);
		}
	if(n < 0)
		sysfatal("%s: %r", dir);
	close(fd);
}

void
main(int argc, char *argv[])
{
	int i;

	argv0 = "ls";
	if(argc == 1)
		ls(".");
	for(i = 1; i < argc; i++)
		ls(argv[i]);
	exits(nil);
}
