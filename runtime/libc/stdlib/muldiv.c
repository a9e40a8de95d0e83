#include <u.h>
#include <libc.h>

/* a*b/c without losing the upper half of the product. */
ulong
umuldiv(ulong a, ulong b, ulong c)
{
	return (uvlong)a*b/c;
}

long
muldiv(long a, long b, long c)
{
	return (vlong)a*b/c;
}
