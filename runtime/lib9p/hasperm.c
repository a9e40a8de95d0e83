#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/* Everybody is a group of one.  In a file of its own: a server may have another. */
int
hasperm(File *f, char *uid, int want)
{
	ulong have;

	have = f->mode;
	if(strcmp(f->uid, uid) == 0)
		have |= f->mode>>6;
	if((have&7&want) != want && strcmp(f->gid, uid) == 0)
		have |= f->mode>>3;
	return (have&7&want) == want;
}
