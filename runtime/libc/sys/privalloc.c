#include <u.h>
#include <libc.h>
#include <elf9.h>

/* One of the sixteen pointers that are this process's own, the last first; nil when all are taken. */
void**
privalloc(void)
{
	static Lock l;
	void **p;

	lock(&l);
	p = _nprivates > 0 ? &_privates[--_nprivates] : nil;
	unlock(&l);
	return p;
}
