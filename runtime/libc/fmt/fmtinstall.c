#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/*
 * Verbs that programs install.  Processes that share memory may install and
 * print at the same time: entries are only added, one is complete before the
 * count or the bit says that it is there, and a verb changes in one store.
 */
enum
{
	Maxfmt = 64,
};

static struct
{
	int	c;
	Fmts	fn;
} verbs[Maxfmt];
static int nverbs;
static int busy;
uint _fmtascii[4];	/* a bit for each ASCII verb that is in verbs */
uint _fmtdoubles[4];	/* for each that may take a double */

Fmts
_fmtinstalled(int c)
{
	int i, n;

	n = __atomic_load_n(&nverbs, __ATOMIC_ACQUIRE);
	for(i = 0; i < n; i++)
		if(verbs[i].c == c)
			return __atomic_load_n(&verbs[i].fn, __ATOMIC_RELAXED);
	return nil;
}

int
fmtinstall(int c, Fmts fn)
{
	return _fmtinstall(c, fn, 1);
}

/* Nothing is known of a program's verbs: they may take doubles.  The library's own do not. */
int
_fmtinstall(int c, Fmts fn, int doubles)
{
	int i, result;

	if(c <= 0 || c > Runemax)
		return -1;
	if(fn == nil)
		fn = _badfmt;
	while(__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0)
		sleep(0);
	result = 0;
	for(i = 0; i < nverbs && verbs[i].c != c; i++)
		;
	if(i == Maxfmt)
		result = -1;
	else{
		if(doubles && c < Runeself)
			__atomic_fetch_or(&_fmtdoubles[c/32], 1u<<(c%32), __ATOMIC_RELAXED);
		__atomic_store_n(&verbs[i].fn, fn, __ATOMIC_RELAXED);
		if(i == nverbs){
			verbs[i].c = c;
			__atomic_store_n(&nverbs, i+1, __ATOMIC_RELEASE);
		}
		if(c < Runeself)
			__atomic_fetch_or(&_fmtascii[c/32], 1u<<(c%32), __ATOMIC_RELEASE);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return result;
}
