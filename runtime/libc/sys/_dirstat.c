#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "dirstat.h"

enum
{
	First = STATFIXLEN + 16*4,	/* room for strings of the usual length */
};

/* Of a file by name or, without one, by descriptor; a block of malloc with the strings behind the Dir. */
Dir*
_dirstat(char *name, int fd)
{
	uchar *buf;
	Dir *d;
	int try, room, n;

	room = First;
	for(try = 0; try < 2; try++){
		d = malloc(sizeof *d + BIT16SZ + room);
		if(d == nil)
			return nil;
		buf = (uchar*)(d+1);
		n = name != nil ? stat(name, buf, BIT16SZ+room) : fstat(fd, buf, BIT16SZ+room);
		if(n < BIT16SZ)
			break;
		room = GBIT16(buf);
		if(room <= n){
			/* a string moves down: its NUL takes less room than its count did */
			convM2D(buf, n, d, (char*)buf);
			return d;
		}
		free(d);
		d = nil;
	}
	free(d);
	return nil;
}
