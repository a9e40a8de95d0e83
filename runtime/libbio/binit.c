#include <u.h>
#include <libc.h>
#include <bio.h>

int
Binit(Biobuf *b, int fd, int mode)
{
	return Binits(b, fd, mode, b->b, sizeof b->b);
}
