#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* Output into memory of malloc that grows; farg is its size in bytes. */
enum
{
	Firstsize = 128,
};

static int
grow(Fmt *f)
{
	char *s;
	vlong n, used, unit;

	s = f->start;
	if(s == nil)
		return 0;
	unit = f->runes ? sizeof(Rune) : 1;
	used = (char*)f->to - s;
	n = 2*(vlong)(uintptr)f->farg;
	s = n > 0x7FFFFFFF ? nil : realloc(s, n);
	if(s == nil){
		free(f->start);
		f->start = nil;
		f->to = nil;
		f->stop = nil;
		f->farg = nil;
		return 0;
	}
	f->start = s;
	f->to = s + used;
	f->stop = s + n - unit;
	f->farg = (void*)(uintptr)n;
	return 1;
}

static int
init(Fmt *f, int runes)
{
	int unit;

	memset(f, 0, sizeof *f);
	unit = runes ? sizeof(Rune) : 1;
	f->runes = runes;
	f->start = malloc(Firstsize);
	if(f->start == nil)
		return -1;
	f->to = f->start;
	f->stop = (char*)f->start + Firstsize - unit;
	f->flush = grow;
	f->farg = (void*)Firstsize;
	return 0;
}

int
fmtstrinit(Fmt *f)
{
	return init(f, 0);
}

int
runefmtstrinit(Fmt *f)
{
	return init(f, 1);
}

char*
fmtstrflush(Fmt *f)
{
	if(f->start == nil)
		return nil;
	*(char*)f->to = '\0';
	return f->start;
}

Rune*
runefmtstrflush(Fmt *f)
{
	if(f->start == nil)
		return nil;
	*(Rune*)f->to = 0;
	return f->start;
}
