#include <u.h>
#include <libc.h>

double
sqrt(double x)
{
#ifdef __aarch64__
	__asm__("fsqrt %d0, %d0" : "+w"(x));
#else
	__asm__("sqrtsd %0, %0" : "+x"(x));
#endif
	return x;
}
