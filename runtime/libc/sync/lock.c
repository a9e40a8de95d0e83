#include <u.h>
#include <libc.h>

/*
 * A spin lock between processes that share memory.  Who finds it taken lets
 * others run a thousand times, then looks ten times a second, in the end once.
 */
void
lock(Lock *l)
{
	int n;

	for(n = 0; _tas(&l->val) != 0; n++)
		sleep(n < 1000 ? 0 : n < 2000 ? 100 : 1000);
}

int
canlock(Lock *l)
{
	return _tas(&l->val) == 0;
}

void
unlock(Lock *l)
{
	__atomic_store_n(&l->val, 0, __ATOMIC_RELEASE);
}
