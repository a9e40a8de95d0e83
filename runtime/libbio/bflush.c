#include <u.h>
#include <libc.h>
#include <bio.h>

/* Writes what waits to be written; forgets what waits to be read. */
int
Bflush(Biobufhdr *b)
{
	int n;

	switch(b->state){
	case Bractive:
	case Bracteof:
		b->state = Bractive;
		b->icount = 0;
		b->gbuf = b->ebuf;
		return 0;
	case Bwactive:
		n = b->bsize + b->ocount;
		if(n == 0)
			return 0;
		if(b->iof(b, b->bbuf, n) == n){
			b->offset += n;
			b->ocount = -b->bsize;
			return 0;
		}
		b->state = Binactive;
		b->ocount = 0;
		Berror(b, "write error: %r");
	}
	return Beof;
}
