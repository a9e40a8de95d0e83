#include <u.h>
#include <libc.h>

/*
 * C++'s operators new and delete, under their mangled names.  There are no
 * exceptions to throw, and the compiler takes new's result as never nil.
 */
void*
_Znwm(usize n)
{
	void *p;

	p = nil;
	if(n != (ulong)n)
		werrstr("out of memory");
	else
		p = malloc(n);
	if(p == nil)
		sysfatal("new: %r");
	return p;
}

void*
_Znam(usize n)
{
	return _Znwm(n);
}

void
_ZdlPv(void *p)
{
	free(p);
}

void
_ZdaPv(void *p)
{
	free(p);
}

void
_ZdlPvm(void *p, usize n)
{
	USED(n);
	free(p);
}

void
_ZdaPvm(void *p, usize n)
{
	USED(n);
	free(p);
}
