#include <u.h>
#include <libc.h>
#include <bio.h>

int
Blinelen(Biobufhdr *b)
{
	return b->rdline;
}
