#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/*
 * Called when nothing is left to read.  What was read is at the end of the
 * buffer; before it, Bungetsize bytes of what came earlier, to be unread.
 */
int
_Bfill(Biobufhdr *b)
{
	int n;

	if(b->state != Bractive)
		return Beof;
	memmove(b->bbuf-Bungetsize, b->ebuf-Bungetsize, Bungetsize);
	n = b->iof(b, b->bbuf, b->bsize);
	if(n <= 0){
		b->state = Bracteof;
		b->gbuf = b->ebuf;
		if(n < 0){
			b->state = Binactive;
			Berror(b, "read error: %r");
		}
		return Beof;
	}
	b->gbuf = b->ebuf - n;
	if(n < b->bsize)
		memmove(b->gbuf-Bungetsize, b->bbuf-Bungetsize, n+Bungetsize);
	b->icount = -n;
	b->offset += n;
	return n;
}
