#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regimpl.h"

#define Char char
#define match regexec
#define START sp
#define END ep
#define FIRST(g, c) ((g)->first[(uint)(c) < Runeself ? (uint)(c) : Runeself])

static inline Rune
rune(char *p, char *e, int *w)
{
	char s[UTFmax+1];
	Rune r;

	*w = 1;
	if(p == e)
		return 0;
	r = *(uchar*)p;
	if(r < Runeself)
		return r;
	if(e != nil && e-p < UTFmax){
		memmove(s, p, e-p);
		s[e-p] = '\0';
		p = s;
	}
	*w = chartorune(&r, p);
	return r;
}

#include "regmatch.h"
