#include <u.h>
#include <libc.h>
#include <thread.h>

static long
dodial(va_list *arg)
{
	char *addr, *local, *dir;
	int *ctl;

	addr = va_arg(*arg, char*);
	local = va_arg(*arg, char*);
	dir = va_arg(*arg, char*);
	ctl = va_arg(*arg, int*);
	return dial(addr, local, dir, ctl);
}

int
iodial(Ioproc *io, char *addr, char *local, char *dir, int *ctl)
{
	return iocall(io, dodial, addr, local, dir, ctl);
}
