#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regimpl.h"

#define Char Rune
#define match rregexec
#define START rsp
#define END rep
#define FIRST(g, c) ((g)->first[(c) < Runeself ? (c) : Runeself])

static inline Rune
rune(Rune *p, Rune *e, int *w)
{
	*w = 1;
	return p == e ? 0 : *p;
}

#include "regmatch.h"
