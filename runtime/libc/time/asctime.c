#include <u.h>
#include <libc.h>
#include "tm.h"

/* As ctime, of any date. */
char*
asctime(Tm *tm)
{
	static char buf[30];
	Fmt f;

	memset(&f, 0, sizeof f);
	f.start = f.to = buf;
	f.stop = buf + sizeof buf-1;
	_tmtext(&f, "WW MMM _D hh:mm:ss ZZZ YYYY\n", tm);
	*(char*)f.to = '\0';
	return buf;
}
