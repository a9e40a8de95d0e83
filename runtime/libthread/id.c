#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

int
threadid(void)
{
	return PROC->self->id;
}

/* 0 before there is a thread. */
int
threadgetgrp(void)
{
	Proc *p;

	p = PROC;
	return p != nil && p->self != nil ? p->self->grp : 0;
}

int
threadsetgrp(int grp)
{
	int old;

	old = PROC->self->grp;
	PROC->self->grp = grp;
	return old;
}

int
threadpid(int id)
{
	Proc *p;
	Thread *t;
	int pid;

	pid = -1;
	_threadlock();
	for(p = _threadprocs; p != nil; p = p->next)
		for(t = p->threads; t != nil; t = t->link)
			if(t->id == id && p->pid != 0)
				pid = p->pid;
	_threadunlock();
	return pid;
}

void**
threaddata(void)
{
	return &PROC->self->data;
}

void**
procdata(void)
{
	return &PROC->data;
}

char*
threadgetname(void)
{
	return PROC->self->name;
}
