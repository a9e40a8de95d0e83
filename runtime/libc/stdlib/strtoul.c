#include <u.h>
#include <libc.h>
#include "strtoint.h"

/* More than fits becomes the most that fits; a minus counts down from 0. */
ulong
strtoul(char *s, char **end, int base)
{
	ulong max, n;
	int neg, over;

	max = 0xffffffff;
	n = _strtoint(s, end, base, max, Nstrict, &neg, &over);
	if(over)
		return max;
	return neg ? -n : n;
}
