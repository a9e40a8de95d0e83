#include <u.h>
#include <libc.h>
#include <tos.h>

/*
 * Calls f(arg) with the kind of time for a profile in Tos, which the kernel
 * reads.  GCC puts no calls of a profiler into functions, so nothing is counted.
 */
void
prof(void (*f)(void*), void *arg, int entries, int what)
{
	USED(entries);
	_tos->prof.pp = nil;
	_tos->prof.next = nil;
	_tos->prof.first = nil;
	_tos->prof.last = nil;
	_tos->prof.pid = _tos->pid;
	_tos->prof.what = what;
	(*f)(arg);
}
