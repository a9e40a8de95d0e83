#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "fcalltext.h"

char*
_qidtext(char *to, char *end, Qid *q)
{
	char *p;

	p = seprint(to, end, "(%.16llux %lud ", q->path, q->vers);
	if(q->type & QTDIR)
		p = seprint(p, end, "d");
	if(q->type & QTAPPEND)
		p = seprint(p, end, "a");
	if(q->type & QTEXCL)
		p = seprint(p, end, "l");
	if(q->type & QTAUTH)
		p = seprint(p, end, "A");
	return seprint(p, end, ")");
}

char*
_dirtext(char *p, char *end, Dir *d)
{
	p = seprint(p, end, "'%s' '%s' '%s' '%s' q ", d->name, d->uid, d->gid, d->muid);
	p = _qidtext(p, end, &d->qid);
	return seprint(p, end, " m %#luo at %ld mt %ld l %lld t %d d %d", d->mode, d->atime, d->mtime,
		d->length, d->type, d->dev);
}

/* %D: a Dir. */
int
dirfmt(Fmt *f)
{
	char buf[160];

	_dirtext(buf, buf+sizeof buf, va_arg(f->args, Dir*));
	return fmtstrcpy(f, buf);
}
