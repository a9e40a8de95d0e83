#include <u.h>
#include <libc.h>
#include <fcall.h>

enum
{
	Nstring = 4,	/* name, uid, gid, muid */
};

/* 0 if n bytes are one stat entry, no more and no less. */
int
statcheck(uchar *p, uint n)
{
	uint at;
	int i;

	if(n < STATFIXLEN || n != BIT16SZ + GBIT16(p))
		return -1;
	at = STATFIXLEN - Nstring*BIT16SZ;
	for(i = 0; i < Nstring; i++){
		if(at + BIT16SZ > n)
			return -1;
		at += BIT16SZ + GBIT16(p+at);
	}
	return at == n ? 0 : -1;
}

/*
 * A stat entry as a Dir, with its strings at s unless that is nil; the bytes
 * that it took, 0 if something is missing.
 */
uint
convM2D(uchar *p, uint n, Dir *d, char *s)
{
	char **string[Nstring] = {&d->name, &d->uid, &d->gid, &d->muid};
	uint at, len;
	int i;

	if(n < STATFIXLEN)
		return 0;
	d->type = GBIT16(p+2);
	d->dev = GBIT32(p+4);
	d->qid.type = GBIT8(p+8);
	d->qid.vers = GBIT32(p+9);
	d->qid.path = GBIT64(p+13);
	d->mode = GBIT32(p+21);
	d->atime = GBIT32(p+25);
	d->mtime = GBIT32(p+29);
	d->length = GBIT64(p+33);
	at = STATFIXLEN - Nstring*BIT16SZ;
	for(i = 0; i < Nstring; i++){
		if(at + BIT16SZ > n)
			return 0;
		len = GBIT16(p+at);
		at += BIT16SZ;
		if(at + len > n)
			return 0;
		*string[i] = "";
		if(s != nil){
			*string[i] = memmove(s, p+at, len);
			s += len;
			*s++ = '\0';
		}
		at += len;
	}
	return at;
}
