#include <u.h>
#include <libc.h>

int
runestrcmp(Rune *a, Rune *b)
{
	for(; *a == *b; a++, b++)
		if(*a == 0)
			return 0;
	return *a < *b ? -1 : 1;
}
