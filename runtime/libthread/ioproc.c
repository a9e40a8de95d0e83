#include <u.h>
#include <libc.h>
#include <thread.h>
#include "ioimpl.h"

enum
{
	Stack = 8192,
};

/* The kernel remembers an interrupt for the next call that waits. */
void
iointerrupt(Ioproc *io)
{
	if(io->ctl < 0)
		return;
	qlock(io);
	if(io->interrupts++ == 0)
		write(io->ctl, "interrupt", 9);
	qunlock(io);
}

static void
serve(void *v)
{
	Ioproc *io;
	Iocall *r;
	char name[32];

	io = v;
	snprint(name, sizeof name, "/proc/%d/ctl", getpid());
	io->ctl = open(name, OWRITE|OCEXEC);	/* without it nothing is interrupted */
	while(send(io->reply, nil) < 0)
		;
	for(;;){
		while(recv(io->c, &r) < 0)
			;
		if(r == nil)
			break;
		r->err[0] = '\0';
		if(io->interrupts){
			r->ret = -1;
			strcpy(r->err, "interrupted");
		}else if((r->ret = r->op(&r->arg)) < 0)
			rerrstr(r->err, sizeof r->err);
		qlock(io);
		if(io->interrupts){
			io->interrupts = 0;
			write(io->ctl, "nointerrupt", 11);
		}
		qunlock(io);
		while(send(io->reply, &r) < 0)
			;
	}
	qlock(io);	/* whoever interrupts has finished */
	qunlock(io);
	if(io->ctl >= 0)
		close(io->ctl);
	chanfree(io->c);
	chanfree(io->reply);
	free(io);
}

Ioproc*
ioproc(void)
{
	Ioproc *io;

	io = mallocz(sizeof *io, 1);
	if(io == nil)
		sysfatal("ioproc: %r");
	io->c = chancreate(sizeof(Iocall*), 0);
	io->reply = chancreate(sizeof(Iocall*), 0);
	proccreate(serve, io, Stack);
	while(recv(io->reply, nil) < 0)
		;
	return io;
}

void
closeioproc(Ioproc *io)
{
	if(io == nil)
		return;
	iointerrupt(io);
	while(sendp(io->c, nil) < 0)
		;
}
