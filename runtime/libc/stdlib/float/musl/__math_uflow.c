/* musl, src/math/__math_uflow.c; see COPYRIGHT here. */
#include "libm.h"

double __math_uflow(uint32_t sign)
{
	return __math_xflow(sign, 0x1p-767);
}
