#include <u.h>
#include <libc.h>
#include <bio.h>

/* Never fails while reading, though only the last Bungetsize bytes are sure to be there. */
int
Bungetc(Biobufhdr *b)
{
	if(b->state == Bracteof)
		b->state = Bractive;
	if(b->state != Bractive || b->icount <= -(b->bsize+Bungetsize))
		return Beof;
	b->icount--;
	return 1;
}
