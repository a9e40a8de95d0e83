#include <u.h>
#include <libc.h>

/* 0 when name is there (AEXIST), or can be opened for what mode asks; of three rights only two are tried. */
int
access(char *name, int mode)
{
	static char modes[] = {0, OEXEC, OWRITE, ORDWR, OREAD, OEXEC, ORDWR, ORDWR};
	Dir *d;
	int fd;

	if(mode == AEXIST){
		d = dirstat(name);
		free(d);
		return d != nil ? 0 : -1;
	}
	fd = open(name, modes[mode & (AEXEC|AWRITE|AREAD)]);
	if(fd < 0)
		return -1;
	close(fd);
	return 0;
}
