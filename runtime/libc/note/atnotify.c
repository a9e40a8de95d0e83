#include <u.h>
#include <libc.h>

enum
{
	Nhandler = 33,
};

static int (*handlers[Nhandler])(void*, char*);
static Lock lk;
static int on;	/* notify(ask) is in force */

/* The first who wants the note has it. */
static void
ask(void *ureg, char *note)
{
	int (*f)(void*, char*);
	int i;

	for(i = 0; i < Nhandler; i++)
		if((f = handlers[i]) != nil && f(ureg, note))
			noted(NCONT);
	noted(NDFLT);
}

static int
replace(int (*old)(void*, char*), int (*new)(void*, char*))
{
	int i;

	for(i = 0; i < Nhandler; i++)
		if(handlers[i] == old){
			handlers[i] = new;
			return 1;
		}
	return 0;
}

/* With in, adds a handler, else takes it away; 0 if there is no room, or no such. */
int
atnotify(int (*f)(void*, char*), int in)
{
	int i, r;

	if(!on){
		notify(ask);
		on = 1;
	}
	lock(&lk);
	r = in ? replace(nil, f) : replace(f, nil);
	if(!in){
		for(i = 0; i < Nhandler && handlers[i] == nil; i++)
			;
		if(i == Nhandler){
			on = 0;
			notify(nil);
		}
	}
	unlock(&lk);
	return r;
}
