#include <u.h>
#include <libc.h>
#include <fcall.h>

static uint
length(char *s)
{
	return s != nil ? strlen(s) : 0;
}

/* The bytes of the stat entry of d. */
uint
sizeD2M(Dir *d)
{
	return STATFIXLEN + length(d->name) + length(d->uid) + length(d->gid) + length(d->muid);
}

/*
 * The stat entry of d, and its bytes.  If there is no room, only their number,
 * in two bytes as it stands in the entry; 0 if not even those fit.
 */
uint
convD2M(Dir *d, uchar *p, uint n)
{
	char *string[] = {d->name, d->uid, d->gid, d->muid};
	uint size, len;
	int i;

	if(n < BIT16SZ)
		return 0;
	size = sizeD2M(d);
	PBIT16(p, size-BIT16SZ);
	if(size > n)
		return BIT16SZ;
	PBIT16(p+2, d->type);
	PBIT32(p+4, d->dev);
	PBIT8(p+8, d->qid.type);
	PBIT32(p+9, d->qid.vers);
	PBIT64(p+13, d->qid.path);
	PBIT32(p+21, d->mode);
	PBIT32(p+25, d->atime);
	PBIT32(p+29, d->mtime);
	PBIT64(p+33, d->length);
	p += STATFIXLEN - nelem(string)*BIT16SZ;
	for(i = 0; i < nelem(string); i++){
		len = length(string[i]);
		PBIT16(p, len);
		memmove(p+BIT16SZ, string[i], len);
		p += BIT16SZ + len;
	}
	return size;
}
