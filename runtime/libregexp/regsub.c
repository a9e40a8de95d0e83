#include <u.h>
#include <libc.h>
#include <regexp.h>

#define Char char
#define substitute regsub
#define START sp
#define END ep

static char*
copy(char *to, char *e, char *p, char *q)
{
	while(to < e && p < q)
		*to++ = *p++;
	return to;
}

#include "regsub.h"
