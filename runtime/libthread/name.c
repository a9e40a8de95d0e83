#include <u.h>
#include <libc.h>
#include <thread.h>
#include <elf9va.h>
#include "threadimpl.h"

/* A proc of one thread has its name, too. */
GENERAL void
threadsetname(char *fmt, ...)
{
	Proc *p;
	va_list arg;
	char *s;

	va_startfmt(arg, fmt);
	s = _vsmprint(fmt, &arg);
	va_end(arg);
	if(s == nil)
		return;
	p = PROC;
	free(p->self->name);
	p->self->name = s;
	if(p->threads->link == nil)
		procsetname("%s", s);
}
