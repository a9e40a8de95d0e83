#include <u.h>
#include <libc.h>
#include "strtoint.h"

/* More than fits becomes the most that fits; a minus counts down from 0. */
uvlong
strtoull(char *s, char **end, int base)
{
	uvlong max, n;
	int neg, over;

	max = ~0ULL;
	n = _strtoint(s, end, base, max, 0, &neg, &over);
	if(over)
		return max;
	return neg ? -n : n;
}
