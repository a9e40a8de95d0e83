#include <u.h>
#include <libc.h>
#include "strtoint.h"

/* More than fits becomes the most that fits. */
long
strtol(char *s, char **end, int base)
{
	long max, n;
	int neg, over;

	max = 0x7fffffff;
	n = _strtoint(s, end, base, max, 0, &neg, &over);
	if(over)
		return neg ? -max-1 : max;
	return neg ? -n : n;
}
