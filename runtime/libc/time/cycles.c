#include <u.h>
#include <libc.h>

/* The processor's counter, which runs at Tos.cyclefreq. */
void
cycles(uvlong *n)
{
#ifdef __aarch64__
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(*n));
#else
	uint lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	*n = (uvlong)hi<<32 | lo;
#endif
}
