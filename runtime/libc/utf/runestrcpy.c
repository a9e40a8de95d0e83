#include <u.h>
#include <libc.h>

Rune*
runestrcpy(Rune *to, Rune *from)
{
	memmove(to, from, (runestrlen(from)+1)*sizeof(Rune));
	return to;
}
