#include <u.h>
#include <libc.h>
#include <regexp.h>

#define Char Rune
#define substitute rregsub
#define START rsp
#define END rep

static Rune*
copy(Rune *to, Rune *e, Rune *p, Rune *q)
{
	while(to < e && p < q)
		*to++ = *p++;
	return to;
}

#include "regsub.h"
