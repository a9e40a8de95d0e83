#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regimpl.h"

int
_regclass(Class *c, Rune r)
{
	int lo, hi, m;

	if(r < Runeself)
		m = c->ascii[r/32]>>(r%32) & 1;
	else{
		lo = 0;
		for(hi = c->n; lo < hi;){
			m = lo + (hi-lo)/2;
			if(r > c->range[m].hi)
				lo = m+1;
			else
				hi = m;
		}
		m = lo < c->n && r >= c->range[lo].lo;
	}
	return m != c->not && (r != '\n' || !c->not);
}
