#include <u.h>
#include <libc.h>

static volatile double zero;

void
main(void)
{
	double d;

#ifdef __x86_64__
	uint mxcsr;
	ushort fcw;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(fcw));
	print("%ux %ux\n", mxcsr, fcw);
#else
	uvlong fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	print("%llux\n", fpcr);
#endif
	d = 1.5;
	sleep(0);
	print("%d\n", (int)(d*4.0 + zero));
	exits(nil);
}
