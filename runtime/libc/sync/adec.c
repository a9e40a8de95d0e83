#include <u.h>
#include <libc.h>

/* One less, whoever else counts; the new value. */
long
adec(long *p)
{
	return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);
}
