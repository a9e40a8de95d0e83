#include <u.h>
#include <libc.h>
#include "strtoint.h"

/* More than fits becomes the most that fits. */
vlong
strtoll(char *s, char **end, int base)
{
	vlong max, n;
	int neg, over;

	max = 0x7fffffffffffffff;
	n = _strtoint(s, end, base, max, 0, &neg, &over);
	if(over)
		return neg ? -max-1 : max;
	return neg ? -n : n;
}
