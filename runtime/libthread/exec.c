#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

Channel *_threadwaits;

Channel*
threadwaitchan(void)
{
	if(_threadwaits == nil)
		_threadwaits = chancreate(sizeof(Waitmsg*), 16);
	return _threadwaits;
}

static void
refuse(Channel *c)
{
	char err[ERRMAX];

	if(c == nil)
		return;
	err[0] = '\0';
	errstr(err, sizeof err);
	sendul(c, ~(ulong)0);
	errstr(err, sizeof err);
}

/* A pipe whose writing end is gone when exec has succeeded. */
static int
execpipe(int fd[2])
{
	char name[32];
	int n;

	if(pipe(fd) < 0)
		return -1;
	snprint(name, sizeof name, "/fd/%d", fd[1]);
	n = open(name, OWRITE|OCEXEC);
	if(n < 0)
		close(fd[0]);
	close(fd[1]);
	fd[1] = n;
	return n < 0 ? -1 : 0;
}

/*
 * The program runs in a child.  This proc, which holds no files open any
 * longer, waits for it, tells threadwaitchan and ends.
 */
void
procexec(Channel *pidc, char *file, char *args[])
{
	Execjob e;
	Proc *p;
	Waitmsg *w;
	char err[ERRMAX];
	int n;

	_threadmortal();
	p = PROC;
	if(p->threads->link != nil){
		werrstr("not only thread in proc");
		refuse(pidc);
		return;
	}
	e.file = file;
	e.args = args;
	if(execpipe(e.fd) < 0){
		refuse(pidc);
		return;
	}
	_threadlock();
	p->exec = &e;
	_threadswitch(Ready);
	close(e.fd[1]);
	n = 0;
	if(e.pid < 0){
		strcpy(err, "exec: no process");
		n = strlen(err);
	}else
		n = read(e.fd[0], err, sizeof err-1);
	close(e.fd[0]);
	if(n > 0){
		err[n] = '\0';
		errstr(err, sizeof err);
		refuse(pidc);
		return;
	}
	if(pidc != nil)
		sendul(pidc, e.pid);
	rfork(RFCFDG);
	while((w = wait()) != nil && w->pid != e.pid)
		free(w);
	if(w != nil && (_threadwaits == nil || sendp(_threadwaits, w) != 1))
		free(w);
	threadexits("procexec");
}
