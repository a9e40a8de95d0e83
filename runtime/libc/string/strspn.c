#include <u.h>
#include <libc.h>
#include "byteset.h"

long
strspn(char *s, char *b)
{
	char *p;
	Byteset set;

	byteset(&set, b);
	for(p = s; HAS(&set, *p); p++)
		;
	return p - s;
}
