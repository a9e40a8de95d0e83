#include <u.h>
#include <libc.h>

Rune*
runestrstr(Rune *a, Rune *b)
{
	long i;

	if(*b == 0)
		return a;
	for(; (a = runestrchr(a, *b)) != nil; a++){
		for(i = 1; b[i] != 0 && a[i] == b[i]; i++)
			;
		if(b[i] == 0)
			return a;
	}
	return nil;
}
