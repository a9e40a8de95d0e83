#include <u.h>
#include <libc.h>

double
fabs(double x)
{
	return __builtin_fabs(x);
}
