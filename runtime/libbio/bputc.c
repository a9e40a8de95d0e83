#include <u.h>
#include <libc.h>
#include <bio.h>

int
Bputc(Biobufhdr *b, int c)
{
	if(b->ocount == 0 && (b->state != Bwactive || Bflush(b) < 0))
		return Beof;
	b->ebuf[b->ocount++] = c;
	return 0;
}
