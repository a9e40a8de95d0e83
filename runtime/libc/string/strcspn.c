#include <u.h>
#include <libc.h>
#include "byteset.h"

long
strcspn(char *s, char *b)
{
	char *p;
	Byteset set;

	byteset(&set, b);
	set.bits[0] |= 1;
	for(p = s; !HAS(&set, *p); p++)
		;
	return p - s;
}
