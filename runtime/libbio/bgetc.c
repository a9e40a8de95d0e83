#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/* The end of a file is told twice before it is looked for again. */
int
Bgetc(Biobufhdr *b)
{
	if(b->icount == 0){
		if(b->state == Bracteof){
			b->state = Bractive;
			return Beof;
		}
		if(_Bfill(b) < 0)
			return Beof;
	}
	return b->ebuf[b->icount++];
}
