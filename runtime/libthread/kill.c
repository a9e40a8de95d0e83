#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

/* The call that a process is in fails. */
static void
interrupt(int pid)
{
	char name[32];
	int fd, done;

	done = 0;
	snprint(name, sizeof name, "/proc/%d/ctl", pid);
	fd = open(name, OWRITE|OCEXEC);
	if(fd >= 0){
		done = write(fd, "interrupt", 9) == 9;
		close(fd);
	}
	if(!done)
		postnote(PNPROC, pid, "threadint");
}

/* The next thread, by number, of those meant: its proc if that may be in a call; 0 when there is none left. */
static int
hit(int *after, int id, int grp, int kill)
{
	Proc *p;
	Thread *t, *found;
	int pid;

	found = nil;
	pid = -1;
	_threadlock();
	for(p = _threadprocs; p != nil; p = p->next)
		for(t = p->threads; t != nil; t = t->link)
			if(t->id > *after && (id != 0 ? t->id == id : t->grp == grp))
				if(found == nil || t->id < found->id)
					found = t;
	if(found != nil){
		*after = found->id;
		if(kill)
			found->dying = 1;
		if(found->state == Inalt)
			_threadwake(found, nil);
		else if(found->state == Running && found != PROC->self)
			pid = found->proc->pid;
	}
	_threadunlock();
	if(pid > 0)
		interrupt(pid);
	return found != nil;
}

static void
hitall(int id, int grp, int kill)
{
	int after;

	after = 0;
	while(hit(&after, id, grp, kill))
		;
}

void
threadint(int id)
{
	hitall(id, 0, 0);
}

void
threadkill(int id)
{
	hitall(id, 0, 1);
}

void
threadintgrp(int grp)
{
	hitall(0, grp, 0);
}

void
threadkillgrp(int grp)
{
	hitall(0, grp, 1);
}
