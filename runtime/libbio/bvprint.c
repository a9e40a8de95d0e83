#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/* The buffer is full, f->to is where its bytes end. */
static int
flush(Fmt *f)
{
	Biobufhdr *b;

	b = f->farg;
	b->ocount = (uchar*)f->to - b->ebuf;
	if(Bflush(b) < 0)
		return 0;
	f->stop = b->ebuf;
	f->to = b->ebuf + b->ocount;
	f->start = f->to;
	return 1;
}

/* Formats right into the buffer. */
int
_Bvprint(Biobufhdr *b, char *fmt, va_list *arg)
{
	Fmt f;
	int n;

	if(b->state != Bwactive)
		return Beof;
	f.runes = 0;
	f.start = b->ebuf + b->ocount;
	f.to = f.start;
	f.stop = b->ebuf;
	f.flush = flush;
	f.farg = b;
	f.nfmt = 0;
	f.args = *arg;
	n = dofmt(&f, fmt);
	if(b->state == Bwactive)
		b->ocount = (uchar*)f.to - b->ebuf;
	return n;
}

int
Bvprint(Biobufhdr *b, char *fmt, va_list arg)
{
	return _Bvprint(b, fmt, &arg);
}
