#include <u.h>
#include <libc.h>

vlong
seek(int fd, vlong offset, int type)
{
	vlong result;

	if(_seek(&result, fd, offset, type) < 0)
		return -1;
	return result;
}
