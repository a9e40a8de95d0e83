#include <u.h>
#include <libc.h>
#include <bio.h>

Biobuf*
Bopen(char *name, int mode)
{
	Biobuf *b;
	int fd;

	switch(mode & ~(OCEXEC|ORCLOSE|OTRUNC)){
	default:
		fprint(2, "Bopen: unknown mode %#x\n", mode);
		return nil;
	case OREAD:
		fd = open(name, mode);
		break;
	case OWRITE:
		fd = create(name, mode, 0666);
		break;
	}
	if(fd < 0)
		return nil;
	b = Bfdopen(fd, mode);
	if(b == nil)
		close(fd);
	return b;
}
