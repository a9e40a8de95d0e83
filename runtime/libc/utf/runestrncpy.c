#include <u.h>
#include <libc.h>

/* Exactly n runes: the string, then zeros; none if it is that long. */
Rune*
runestrncpy(Rune *to, Rune *from, long n)
{
	long i;

	for(i = 0; i < n && from[i] != 0; i++)
		to[i] = from[i];
	for(; i < n; i++)
		to[i] = 0;
	return to;
}
