#include <u.h>
#include <libc.h>

/* One more, whoever else counts; the new value. */
long
ainc(long *p)
{
	return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);
}
