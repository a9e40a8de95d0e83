#include <u.h>
#include <libc.h>

Rune*
runestrdup(Rune *s)
{
	Rune *t;
	ulong n;

	n = (runestrlen(s)+1)*sizeof(Rune);
	t = malloc(n);
	if(t == nil)
		return nil;
	setmalloctag(t, getcallerpc(&s));
	return memmove(t, s, n);
}
