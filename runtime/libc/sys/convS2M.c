#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "fcallfields.h"

static uint
length(char *s)
{
	return s != nil ? strlen(s) : 0;
}

/* The bytes of a message; 0 if there is no such message. */
uint
sizeS2M(Fcall *f)
{
	char *fields;
	Field *d;
	uint n;
	int i;

	fields = _fcallfields(f->type);
	if(fields == nil)
		return 0;
	n = BIT32SZ+BIT8SZ+BIT16SZ;
	for(; *fields != '\0'; fields++){
		d = FIELD(*fields);
		switch(d->kind){
		case F8:
			n += BIT8SZ;
			break;
		case F16:
			n += BIT16SZ;
			break;
		case F32:
			n += BIT32SZ;
			break;
		case F64:
			n += BIT64SZ;
			break;
		case Fstring:
			n += BIT16SZ + length(*AT(f, d, char*));
			break;
		case Fqid:
			n += QIDSZ;
			break;
		case Fnames:
			n += BIT16SZ;
			for(i = 0; i < f->nwname && i < MAXWELEM; i++)
				n += BIT16SZ + length(f->wname[i]);
			break;
		case Fqids:
			n += BIT16SZ + f->nwqid*QIDSZ;
			break;
		case Fdata:
			n += BIT32SZ + f->count;
			break;
		case Fstat:
			n += BIT16SZ + f->nstat;
			break;
		}
	}
	return n;
}

static uchar*
putbytes(uchar *p, void *from, uint n)
{
	memmove(p, from, n);
	return p + n;
}

static uchar*
putstring(uchar *p, char *s)
{
	uint n;

	n = length(s);
	PBIT16(p, n);
	return putbytes(p+BIT16SZ, s, n);
}

static uchar*
putqid(uchar *p, Qid *q)
{
	PBIT8(p, q->type);
	PBIT32(p+1, q->vers);
	PBIT64(p+5, q->path);
	return p + QIDSZ;
}

static uchar*
putfield(uchar *p, Fcall *f, Field *d)
{
	int i;

	switch(d->kind){
	case F8:
		PBIT8(p, *AT(f, d, uchar));
		return p + BIT8SZ;
	case F16:
		PBIT16(p, *AT(f, d, ushort));
		return p + BIT16SZ;
	case F32:
		PBIT32(p, *AT(f, d, u32int));
		return p + BIT32SZ;
	case F64:
		PBIT64(p, *AT(f, d, uvlong));
		return p + BIT64SZ;
	case Fstring:
		return putstring(p, *AT(f, d, char*));
	case Fqid:
		return putqid(p, AT(f, d, Qid));
	case Fnames:
		PBIT16(p, f->nwname);
		p += BIT16SZ;
		for(i = 0; i < f->nwname; i++)
			p = putstring(p, f->wname[i]);
		return p;
	case Fqids:
		PBIT16(p, f->nwqid);
		p += BIT16SZ;
		for(i = 0; i < f->nwqid; i++)
			p = putqid(p, &f->wqid[i]);
		return p;
	case Fdata:
		PBIT32(p, f->count);
		return putbytes(p+BIT32SZ, f->data, f->count);
	case Fstat:
		PBIT16(p, f->nstat);
		return putbytes(p+BIT16SZ, f->stat, f->nstat);
	}
	return p;
}

/* A message in at most n bytes, and how many it took; 0 if there is no such message, or no room. */
uint
convS2M(Fcall *f, uchar *p, uint n)
{
	char *fields;
	uint size;

	fields = _fcallfields(f->type);
	size = sizeS2M(f);
	if(size == 0 || size > n)
		return 0;
	if((f->type == Twalk && f->nwname > MAXWELEM) || (f->type == Rwalk && f->nwqid > MAXWELEM))
		return 0;
	PBIT32(p, size);
	PBIT8(p+4, f->type);
	PBIT16(p+5, f->tag);
	p += BIT32SZ+BIT8SZ+BIT16SZ;
	for(; *fields != '\0'; fields++)
		p = putfield(p, f, FIELD(*fields));
	return size;
}
