#include <u.h>
#include <libc.h>

#ifdef __aarch64__
#define TAKEN 1
#else
#define TAKEN (int)0xdeaddead
#endif

/* Test and set: the old value, 0 for him who gets it. */
int
_tas(int *p)
{
	return __atomic_exchange_n(p, TAKEN, __ATOMIC_SEQ_CST);
}
