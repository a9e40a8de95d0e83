#include <u.h>
#include <libc.h>

/* A fault at address 0, hidden from the compiler, which would make it a trap. */
void
abort(void)
{
	int *p;

	p = nil;
	__asm__("" : "+r"(p));
	for(;;)
		(void)*(volatile int*)p;
}
