#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/* p has n bytes, Bungetsize of which are kept for what is unread. */
int
Binits(Biobufhdr *b, int fd, int mode, uchar *p, int n)
{
	p += Bungetsize;
	n -= Bungetsize;
	switch(mode & ~(OCEXEC|ORCLOSE|OTRUNC)){
	default:
		fprint(2, "Binits: unknown mode %d\n", mode);
		return Beof;
	case OREAD:
		b->state = Bractive;
		b->ocount = 0;
		b->iof = _Bread;
		break;
	case OWRITE:
		_Bflushes(b);
		b->state = Bwactive;
		b->ocount = -n;
		b->iof = _Bwrite;
		break;
	}
	b->bbuf = p;
	b->ebuf = p+n;
	b->gbuf = b->ebuf;
	b->bsize = n;
	b->icount = 0;
	b->fid = fd;
	b->flag = 0;
	b->rdline = 0;
	b->offset = 0;
	b->runesize = 0;
	b->errorf = nil;
	return 0;
}
