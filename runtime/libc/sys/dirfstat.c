#include <u.h>
#include <libc.h>
#include "dirstat.h"

Dir*
dirfstat(int fd)
{
	return _dirstat(nil, fd);
}
