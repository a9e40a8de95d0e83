#include <u.h>
#include <libc.h>
#include "waitmsg.h"

/* await, with the fields of what it said; -1 when it failed. */
int
_await(char *buf, char **field)
{
	int n;

	n = await(buf, Waitlen-1);
	if(n < 0)
		return -1;
	buf[n] = '\0';
	if(tokenize(buf, field, Nwait) != Nwait){
		werrstr("couldn't parse wait message");
		return -1;
	}
	return 0;
}
