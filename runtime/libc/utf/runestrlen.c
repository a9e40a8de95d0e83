#include <u.h>
#include <libc.h>

long
runestrlen(Rune *s)
{
	Rune *p;

	for(p = s; *p != 0; p++)
		;
	return p - s;
}
