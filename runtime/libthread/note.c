#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

enum
{
	Nhandler = 33,
	Nnote = 64,
};

static struct
{
	int	(*f)(void*, char*);
	int	pid;
} handlers[Nhandler];
static Lock lk;

/* what came to procs that were busy */
static struct
{
	int	taken;
	volatile int	pid;
	char	text[ERRMAX];
} notes[Nnote];

/* A handler is the calling proc's only.  0: there is no room, or no such handler. */
int
threadnotify(int (*f)(void*, char*), int in)
{
	int i, pid, done;

	pid = PROC->pid;
	done = 0;
	PROC->busy++;
	lock(&lk);
	for(i = 0; i < Nhandler && !done; i++)
		if(in ? handlers[i].f == nil : handlers[i].f == f && handlers[i].pid == pid){
			handlers[i].pid = pid;
			handlers[i].f = in ? f : nil;
			done = 1;
		}
	unlock(&lk);
	if(--PROC->busy == 0 && PROC->pending)
		_threadnotes();
	return done;
}

static int
handled(Proc *p, void *ureg, char *s)
{
	int i, r;

	r = 0;
	p->handling++;
	for(i = 0; i < Nhandler && !r; i++)
		if(handlers[i].f != nil && handlers[i].pid == p->pid)
			r = handlers[i].f(ureg, s) != 0;
	p->handling--;
	return r;
}

/* Notes that were put off.  One that nobody wants ends the program. */
void
_threadnotes(void)
{
	Proc *p;
	char s[ERRMAX];
	int i, pid;

	p = PROC;
	p->pending = 0;
	if(_threadstatus != nil)
		exits(_threadstatus);
	pid = getpid();
	for(i = 0; i < Nnote; i++)
		if(notes[i].taken && notes[i].pid == pid){
			strcpy(s, notes[i].text);
			notes[i].pid = 0;
			__atomic_store_n(&notes[i].taken, 0, __ATOMIC_RELEASE);
			if(!handled(p, nil, s))
				threadexitsall(s);
		}
}

static int
later(char *s)
{
	int i;

	for(i = 0; i < Nnote; i++)
		if(_tas(&notes[i].taken) == 0){
			utfecpy(notes[i].text, notes[i].text+ERRMAX, s);
			notes[i].pid = getpid();
			return 1;
		}
	return 0;
}

/* Every proc's handler of notes. */
void
_threadnote(void *ureg, char *s)
{
	Proc *p;

	if(strncmp(s, "sys:", 4) == 0)
		noted(NDFLT);
	p = PROC;
	if(_threadstatus != nil){
		if(p == nil || (p->busy == 0 && !p->idle))
			_exits(_threadstatus);
		p->pending = 1;	/* it ends when it has let go of the lock, or is awake */
		noted(NCONT);
	}
	if(strcmp(s, "threadint") == 0)
		noted(NCONT);
	if(p == nil)
		noted(NDFLT);
	if(p->busy){
		if(!later(s))
			noted(NDFLT);
		p->pending = 1;
		noted(NCONT);
	}
	noted(handled(p, ureg, s) ? NCONT : NDFLT);
}
