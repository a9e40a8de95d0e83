#include <u.h>
#include <libc.h>
#include "@NAME@.h"

int
@IDENT@_count(char *s, int c)
{
	int n;

	n = 0;
	for(; *s != 0; s++)
		if(*s == c)
			n++;
	return n;
}
