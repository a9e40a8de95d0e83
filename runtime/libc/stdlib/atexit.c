#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>

enum
{
	Nexit = 33,
};

typedef struct Exit Exit;
struct Exit
{
	void	(*f)(void);
	int	pid;
};

static Exit onexit[Nexit];
static Lock lk;

void (*_onexit)(void);	/* set by the first __cxa_atexit */

/* 1 when there was room, 0 when not; only this process's exits calls f. */
int
atexit(void (*f)(void))
{
	int i, r;

	r = 0;
	lock(&lk);
	for(i = 0; i < Nexit; i++)
		if(onexit[i].f == nil){
			onexit[i].pid = getpid();
			onexit[i].f = f;
			r = 1;
			break;
		}
	unlock(&lk);
	return r;
}

void
atexitdont(void (*f)(void))
{
	int i, pid;

	pid = getpid();
	for(i = 0; i < Nexit; i++)
		if(onexit[i].f == f && onexit[i].pid == pid)
			onexit[i].f = nil;
}

/*
 * Last registered first, also those that register while others run.
 * Destructors run once: in the process that ran the constructors.
 */
void
exits(char *status)
{
	void (**d)(void), (*f)(void);
	int i, pid;

	pid = getpid();
	for(i = Nexit-1; i >= 0; i--)
		if((f = onexit[i].f) != nil && onexit[i].pid == pid){
			onexit[i].f = nil;
			f();
			i = Nexit;
		}
	if(pid == _mainpid){
		_mainpid = 0;
		if(_onexit != nil)
			_onexit();
		for(d = __fini_array_end; d > __fini_array_start;)
			(*--d)();
	}
	_exits(status);
}
