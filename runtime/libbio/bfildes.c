#include <u.h>
#include <libc.h>
#include <bio.h>

int
Bfildes(Biobufhdr *b)
{
	return b->fid;
}
