#include <u.h>
#include <libc.h>

int
runestrncmp(Rune *a, Rune *b, long n)
{
	for(; n > 0; n--, a++, b++){
		if(*a != *b)
			return *a < *b ? -1 : 1;
		if(*a == 0)
			break;
	}
	return 0;
}
