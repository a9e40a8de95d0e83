#include <u.h>
#include <libc.h>
#include "waitmsg.h"

/* The pid of the next child to end; -1 when there is none. */
int
waitpid(void)
{
	char buf[Waitlen], *field[Nwait];

	if(_await(buf, field) < 0)
		return -1;
	return atoi(field[Wpid]);
}
