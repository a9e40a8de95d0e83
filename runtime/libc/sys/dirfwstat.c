#include <u.h>
#include <libc.h>
#include "dirstat.h"

int
dirfwstat(int fd, Dir *d)
{
	return _dirwstat(nil, fd, d);
}
