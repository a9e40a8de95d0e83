#include <u.h>
#include <libc.h>
#include "netaddr.h"

/*
 * The clone file that cs names, below our own netdir: cs runs in another name
 * space, where the network may be mounted elsewhere.
 */
void
_netclone(char *file, char *netdir, char *clone)
{
	char *p;

	p = clone;
	if(*p == '/' || *p == '#'){
		p = strchr(clone+1, '/');
		p = p != nil ? p+1 : clone;
	}
	snprint(file, Maxpath, "%s/%s", netdir, p);
}

/* The directory of the connection of an open clone file, which says its number. */
int
_netconn(char *clone, char *dir, int fd)
{
	char number[32], *p;
	int n;

	n = read(fd, number, sizeof number-1);
	if(n <= 0)
		return -1;
	number[n] = '\0';
	p = strrchr(clone, '/');
	if(p == nil)
		p = clone;
	snprint(dir, Maxpath, "%.*s/%lud", utfnlen(clone, p-clone), clone, strtoul(number, nil, 10));
	return 0;
}
