#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

char *_threadstatus;

/* The last thread's status is that of its proc. */
void
threadexits(char *status)
{
	Proc *p;

	p = PROC;
	if(status == nil)
		status = "";
	utfecpy(p->status, p->status+sizeof p->status, status);
	_threadlock();
	_threadswitch(Dead);
	abort();
}

/*
 * The others end by a note, or when it wakes them up.  Some may have the lock
 * that is needed here, so they are told without it; a note to this proc, that
 * another ends the program as well, waits until all have been told.
 */
void
threadexitsall(char *status)
{
	static char text[ERRMAX];
	Proc *p;
	int pid, me;

	PROC->busy++;
	_threadlock();
	if(_threadstatus == nil){
		utfecpy(text, text+sizeof text, status == nil ? "" : status);
		_threadstatus = text;
	}
	me = getpid();
	do{
		pid = 0;
		for(p = _threadprocs; p != nil && pid == 0; p = p->next)
			if(!p->leaving && p->pid != 0 && p->pid != me){
				p->leaving = 1;
				pid = p->pid;
				semrelease(&p->wakeups, 1);
			}
		_threadletgo();
		if(pid != 0){
			postnote(PNPROC, pid, "threadint");
			_threadlock();
		}
	}while(pid != 0);
	exits(_threadstatus);
}
