#include <u.h>
#include <libc.h>
#include <bio.h>

/* Where in the file the next byte is read or written. */
vlong
Boffset(Biobufhdr *b)
{
	switch(b->state){
	case Bractive:
	case Bracteof:
		return b->offset + b->icount;
	case Bwactive:
		return b->offset + b->bsize + b->ocount;
	}
	fprint(2, "Boffset: unknown state %d\n", b->state);
	return Beof;
}
