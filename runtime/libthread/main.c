#include <u.h>
#include <libc.h>
#include <thread.h>
#include "threadimpl.h"

extern void (*_sysfatal)(char*, va_list);
extern void (*__assert)(char*);

typedef struct Args Args;
struct Args
{
	int	argc;
	char	**argv;
};

static void
first(void *v)
{
	Args *a;

	a = v;
	threadmain(a->argc, a->argv);
	threadexits("threadmain");
}

static void
fatal(char *fmt, va_list arg)
{
	static char buf[1024];	/* what the others end with, so not on a stack */

	vsnprint(buf, sizeof buf, fmt, arg);
	if(argv0 != nil)
		fprint(2, "%s: %s\n", argv0, buf);
	else
		fprint(2, "%s\n", buf);
	threadexitsall(buf);
}

static void
failed(char *s)
{
	fprint(2, "assert failed: %s\n", s);
	abort();
}

void
main(int argc, char **argv)
{
	static Args a;

	rfork(RFREND);
	_threadprocp = (Proc**)privalloc();
	_qlockinit(_threadrendezvous);
	_sysfatal = fatal;
	__assert = failed;
	a.argc = argc;
	a.argv = argv;
	if(mainstacksize == 0)
		mainstacksize = 8192;
	PROC = _threadnewproc(first, &a, mainstacksize, 0);
	notify(_threadnote);
	_threadscheduler();
}
