#include <u.h>
#include <libc.h>

/* At most n runes of from, and a 0. */
Rune*
runestrncat(Rune *to, Rune *from, long n)
{
	Rune *p;

	p = to + runestrlen(to);
	for(; n > 0 && *from != 0; n--)
		*p++ = *from++;
	*p = 0;
	return to;
}
