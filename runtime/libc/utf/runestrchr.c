#include <u.h>
#include <libc.h>

Rune*
runestrchr(Rune *s, Rune c)
{
	for(; *s != c; s++)
		if(*s == 0)
			return nil;
	return s;
}
