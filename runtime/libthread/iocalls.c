#include <u.h>
#include <libc.h>
#include <thread.h>

static long
doclose(va_list *arg)
{
	return close(va_arg(*arg, int));
}

int
ioclose(Ioproc *io, int fd)
{
	return iocall(io, doclose, fd);
}

static long
doopen(va_list *arg)
{
	char *file;
	int mode;

	file = va_arg(*arg, char*);
	mode = va_arg(*arg, int);
	return open(file, mode);
}

int
ioopen(Ioproc *io, char *file, int mode)
{
	return iocall(io, doopen, file, mode);
}

static long
doread(va_list *arg)
{
	int fd;
	void *v;
	long n;

	fd = va_arg(*arg, int);
	v = va_arg(*arg, void*);
	n = va_arg(*arg, long);
	return read(fd, v, n);
}

long
ioread(Ioproc *io, int fd, void *v, long n)
{
	return iocall(io, doread, fd, v, n);
}

static long
doreadn(va_list *arg)
{
	int fd;
	void *v;
	long n;

	fd = va_arg(*arg, int);
	v = va_arg(*arg, void*);
	n = va_arg(*arg, long);
	return readn(fd, v, n);
}

long
ioreadn(Ioproc *io, int fd, void *v, long n)
{
	return iocall(io, doreadn, fd, v, n);
}

static long
dowrite(va_list *arg)
{
	int fd;
	void *v;
	long n;

	fd = va_arg(*arg, int);
	v = va_arg(*arg, void*);
	n = va_arg(*arg, long);
	return write(fd, v, n);
}

long
iowrite(Ioproc *io, int fd, void *v, long n)
{
	return iocall(io, dowrite, fd, v, n);
}

static long
dosleep(va_list *arg)
{
	return sleep(va_arg(*arg, long));
}

int
iosleep(Ioproc *io, long ms)
{
	return iocall(io, dosleep, ms);
}

static long
donothing(va_list *arg)
{
	USED(arg);
	return 0;
}

/* An interrupt that is left over ends this call, not the next one. */
int
ioflush(Ioproc *io)
{
	return iocall(io, donothing);
}
