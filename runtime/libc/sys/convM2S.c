#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "fcallfields.h"

/* Bytes that are left of a message; p becomes nil when they do not suffice. */
typedef struct Bytes Bytes;
struct Bytes
{
	uchar	*p;
	uchar	*end;
};

static uchar*
get(Bytes *b, usize n)
{
	uchar *p;

	p = b->p;
	if(p == nil || n > b->end - p)
		return b->p = nil;
	b->p = p + n;
	return p;
}

/* It moves down by one, over its count, to make room for a NUL. */
static void
getstring(Bytes *b, char **s)
{
	uchar *p, *q;
	uint n;

	if((p = get(b, BIT16SZ)) == nil)
		return;
	n = GBIT16(p);
	if((q = get(b, n)) == nil)
		return;
	memmove(q-1, q, n);
	(q-1)[n] = '\0';
	*s = (char*)q-1;
}

static void
getqid(Bytes *b, Qid *q)
{
	uchar *p;

	if((p = get(b, QIDSZ)) == nil)
		return;
	q->type = GBIT8(p);
	q->vers = GBIT32(p+1);
	q->path = GBIT64(p+5);
}

static int
getfield(Bytes *b, Fcall *f, Field *d)
{
	uchar *p;
	int i;

	switch(d->kind){
	case F8:
		if((p = get(b, BIT8SZ)) != nil)
			*AT(f, d, uchar) = GBIT8(p);
		break;
	case F16:
		if((p = get(b, BIT16SZ)) != nil)
			*AT(f, d, ushort) = GBIT16(p);
		break;
	case F32:
		if((p = get(b, BIT32SZ)) != nil)
			*AT(f, d, u32int) = GBIT32(p);
		break;
	case F64:
		if((p = get(b, BIT64SZ)) != nil)
			*AT(f, d, uvlong) = GBIT64(p);
		break;
	case Fstring:
		getstring(b, AT(f, d, char*));
		break;
	case Fqid:
		getqid(b, AT(f, d, Qid));
		break;
	case Fnames:
		if((p = get(b, BIT16SZ)) == nil)
			break;
		f->nwname = GBIT16(p);
		if(f->nwname > MAXWELEM)
			return -1;
		for(i = 0; i < f->nwname; i++)
			getstring(b, &f->wname[i]);
		break;
	case Fqids:
		if((p = get(b, BIT16SZ)) == nil)
			break;
		f->nwqid = GBIT16(p);
		if(f->nwqid > MAXWELEM)
			return -1;
		for(i = 0; i < f->nwqid; i++)
			getqid(b, &f->wqid[i]);
		break;
	case Fdata:
		if((p = get(b, BIT32SZ)) == nil)
			break;
		f->count = GBIT32(p);
		f->data = (char*)get(b, f->count);
		break;
	case Fstat:
		if((p = get(b, BIT16SZ)) == nil)
			break;
		f->nstat = GBIT16(p);
		f->stat = get(b, f->nstat);
		break;
	}
	return b->p != nil ? 0 : -1;
}

/*
 * The message in n bytes, which must be one and no more; its size, 0 if it is
 * none.  Strings and data stay where they are, so the bytes change.
 */
uint
convM2S(uchar *p, uint n, Fcall *f)
{
	char *fields;
	Bytes b;
	uint size;

	if(n < BIT32SZ+BIT8SZ+BIT16SZ)
		return 0;
	size = GBIT32(p);
	f->type = GBIT8(p+4);
	f->tag = GBIT16(p+5);
	fields = _fcallfields(f->type);
	if(fields == nil)
		return 0;
	b.p = p + BIT32SZ+BIT8SZ+BIT16SZ;
	b.end = p + n;
	for(; *fields != '\0'; fields++)
		if(getfield(&b, f, FIELD(*fields)) < 0)
			return 0;
	return b.p == p+size ? size : 0;
}
