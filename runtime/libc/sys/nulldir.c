#include <u.h>
#include <libc.h>

/* For wstat: all ones and empty strings mean do not change. */
void
nulldir(Dir *d)
{
	memset(d, ~0, sizeof *d);
	d->name = d->uid = d->gid = d->muid = "";
}
