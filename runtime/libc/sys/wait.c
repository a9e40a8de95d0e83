#include <u.h>
#include <libc.h>
#include "waitmsg.h"

/* What the next child to end left, in one block of malloc; nil when there is none. */
Waitmsg*
wait(void)
{
	char buf[Waitlen], *field[Nwait];
	Waitmsg *w;
	int i, n;

	if(_await(buf, field) < 0)
		return nil;
	n = strlen(field[Wmsg]) + 1;
	w = malloc(sizeof *w + n);
	if(w == nil)
		return nil;
	w->pid = atoi(field[Wpid]);
	for(i = 0; i < nelem(w->time); i++)
		w->time[i] = atoi(field[Wuser+i]);
	w->msg = memmove(w+1, field[Wmsg], n);
	return w;
}
