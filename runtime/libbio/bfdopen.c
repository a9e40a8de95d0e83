#include <u.h>
#include <libc.h>
#include <bio.h>

Biobuf*
Bfdopen(int fd, int mode)
{
	Biobuf *b;

	b = malloc(sizeof *b);
	if(b == nil)
		return nil;
	b->aux = nil;
	if(Binit(b, fd, mode) < 0){
		free(b);
		return nil;
	}
	b->flag = Bmagic;
	return b;
}
