#include <u.h>
#include <libc.h>
#include <bio.h>

/* An interrupted write can be made again, any other that fails is the last. */
long
Bwrite(Biobufhdr *b, void *v, long n)
{
	char err[ERRMAX];
	uchar *p, *e;
	int m, old;

	old = b->ocount;
	p = v;
	e = p+n;
	while(p < e){
		if(b->ocount == 0){
			if(b->state != Bwactive)
				return Beof;
			if(b->iof(b, b->bbuf, b->bsize) != b->bsize){
				b->ocount = old;
				err[0] = '\0';
				errstr(err, sizeof err);
				if(strstr(err, "interrupt") == nil){
					b->state = Binactive;
					b->ocount = 0;
					Berror(b, "write error: %s", err);
				}
				errstr(err, sizeof err);
				return Beof;
			}
			b->offset += b->bsize;
			b->ocount = -b->bsize;
			old = 0;
		}
		m = -b->ocount;
		if(m > e-p)
			m = e-p;
		memmove(b->ebuf+b->ocount, p, m);
		b->ocount += m;
		p += m;
	}
	return p - (uchar*)v;
}
