#include <u.h>
#include <libc.h>

/* 0 to 2^15-1 */
int
rand(void)
{
	return lrand() & 0x7fff;
}
