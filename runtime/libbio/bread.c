#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/* Fewer than n only at the end of the file; -1 if reading failed before the first. */
long
Bread(Biobufhdr *b, void *v, long n)
{
	uchar *p, *e;
	int m;

	p = v;
	e = p+n;
	while(p < e){
		if(b->icount == 0 && _Bfill(b) < 0)
			break;
		m = -b->icount;
		if(m > e-p)
			m = e-p;
		memmove(p, b->ebuf+b->icount, m);
		b->icount += m;
		p += m;
	}
	if(p == v && b->state == Binactive)
		return -1;
	return p - (uchar*)v;
}
