#include <u.h>
#include <libc.h>

Rune*
runestrrchr(Rune *s, Rune c)
{
	Rune *last;

	last = nil;
	for(;; s++){
		if(*s == c)
			last = s;
		if(*s == 0)
			return last;
	}
}
