#include <u.h>
#include <libc.h>
#include <bio.h>

/*
 * The line is where it was read, behind it is what was read with it.  nil: the
 * file ended, or the buffer is full, without a delim; Blinelen bytes are there.
 */
void*
Brdline(Biobufhdr *b, int delim)
{
	uchar *p, *e;
	int n, m;

	n = -b->icount;
	if(n == 0 && b->state != Bractive){
		if(b->state == Bracteof)
			b->state = Bractive;
		b->rdline = 0;
		b->gbuf = b->ebuf;
		return nil;
	}
	p = b->ebuf - n;
	e = memchr(p, delim, n);
	if(e != nil){
		b->rdline = e+1 - p;
		b->icount += b->rdline;
		return p;
	}
	if(n >= b->bsize){
		b->rdline = n;
		return nil;
	}

	/* the rest of it goes behind, until it must be at the end again */
	memmove(b->bbuf, p, n);
	while(n < b->bsize){
		p = b->bbuf + n;
		m = b->iof(b, p, b->bsize-n);
		if(m < 0)
			Berror(b, "read error: %r");
		if(m <= 0)
			break;
		b->offset += m;
		n += m;
		e = memchr(p, delim, m);
		if(e != nil)
			break;
	}
	b->gbuf = b->ebuf - n;
	if(n < b->bsize)
		memmove(b->gbuf, b->bbuf, n);
	b->icount = -n;
	if(e == nil){
		b->rdline = n;
		return nil;
	}
	b->rdline = e+1 - b->bbuf;
	b->icount += b->rdline;
	return b->gbuf;
}
