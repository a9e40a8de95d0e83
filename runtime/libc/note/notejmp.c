#include <u.h>
#include <libc.h>
#include <ureg.h>

/*
 * longjmp from a note handler: the process goes on in longjmp, outside of the
 * handler, where it may have its floating-point registers as well.
 */
void
notejmp(void *v, jmp_buf j, int value)
{
	Ureg *u;

	u = v;
#ifdef __aarch64__
	u->r0 = (uintptr)j;
	u->r1 = value;
#else
	u->di = (uintptr)j;
	u->si = value;
#endif
	u->sp = j[JMPBUFSP];
	u->pc = (uintptr)longjmp;
	noted(NCONT);
}
