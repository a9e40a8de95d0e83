#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

int
_Bread(Biobufhdr *b, void *v, long n)
{
	return read(b->fid, v, n);
}

int
_Bwrite(Biobufhdr *b, void *v, long n)
{
	return write(b->fid, v, n);
}

/* f reads or writes in place of read and write; nil brings these back. */
void
Biofn(Biobufhdr *b, int (*f)(Biobufhdr*, void*, long))
{
	if(f == nil)
		f = b->state == Bwactive ? _Bwrite : _Bread;
	b->iof = f;
}
