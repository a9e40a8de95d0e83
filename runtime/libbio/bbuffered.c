#include <u.h>
#include <libc.h>
#include <bio.h>

/* Bytes that wait: to be read, or to be written. */
int
Bbuffered(Biobufhdr *b)
{
	switch(b->state){
	case Bractive:
	case Bracteof:
		return -b->icount;
	case Bwactive:
		return b->bsize + b->ocount;
	case Binactive:
		return 0;
	}
	fprint(2, "Bbuffered: unknown state %d\n", b->state);
	return 0;
}
