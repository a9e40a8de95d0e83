#include <u.h>
#include <libc.h>
#include <bio.h>

/* Goes back over what Bgetrune read, once: a second call goes nowhere. */
int
Bungetrune(Biobufhdr *b)
{
	if(b->state == Bracteof)
		b->state = Bractive;
	if(b->state != Bractive || b->icount-b->runesize < -(b->bsize+Bungetsize))
		return Beof;
	b->icount -= b->runesize;
	b->runesize = 0;
	return 1;
}
