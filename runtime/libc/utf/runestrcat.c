#include <u.h>
#include <libc.h>

Rune*
runestrcat(Rune *to, Rune *from)
{
	runestrcpy(to+runestrlen(to), from);
	return to;
}
