#include <u.h>
#include <libc.h>

/* Returns where the 0 is. */
Rune*
runestrecpy(Rune *to, Rune *end, Rune *from)
{
	if(to >= end)
		return to;
	while(to < end-1 && *from != 0)
		*to++ = *from++;
	*to = 0;
	return to;
}
