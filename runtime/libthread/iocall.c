#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"
#include "ioimpl.h"

/*
 * An interrupted thread interrupts its call, and waits until that has ended.
 * So does one that was killed: r is on its stack.
 */
long
iocall(Ioproc *io, long (*op)(va_list*), ...)
{
	Iocall r;
	Thread *t;

	t = PROC->self;
	t->immortal++;
	r.op = op;
	va_start(r.arg, op);
	if(sendp(io->c, &r) < 0){
		t->immortal--;
		werrstr("interrupted");
		return -1;
	}
	while(recv(io->reply, nil) < 0)
		iointerrupt(io);
	va_end(r.arg);
	t->immortal--;
	if(r.ret < 0)
		errstr(r.err, sizeof r.err);
	return r.ret;
}
