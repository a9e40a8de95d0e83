/* musl, src/math/__math_invalid.c; see COPYRIGHT here. */
#include "libm.h"

double __math_invalid(double x)
{
	return (x - x) / (x - x);
}
