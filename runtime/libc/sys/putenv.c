#include <u.h>
#include <libc.h>
#include "env.h"

int
putenv(char *name, char *value)
{
	char file[Envlen];
	int fd, n, r;

	if(_envname(file, name) < 0)
		return -1;
	fd = create(file, OWRITE|OCEXEC, 0664);
	if(fd < 0)
		return -1;
	n = strlen(value);
	r = write(fd, value, n) == n ? 0 : -1;
	close(fd);
	return r;
}
