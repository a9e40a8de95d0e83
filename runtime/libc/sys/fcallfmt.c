#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "fcalltext.h"

enum
{
	Shown = 64,	/* bytes of data */
	Statlen = 200,	/* longer stat entries are only counted */
};

/* Data as text, or in hexadecimal. */
static char*
datatext(char *p, char *end, char *data, ulong n)
{
	ulong i;

	if(data == nil)
		return seprint(p, end, "<no data>");
	if(n > Shown)
		n = Shown;
	for(i = 0; i < n; i++)
		if((data[i] < ' ' && data[i] != '\n' && data[i] != '\t') || (uchar)data[i] > 0x7f)
			break;
	p = seprint(p, end, "'");
	if(i == n)
		p = seprint(p, end, "%.*s", utfnlen(data, n), data);
	else
		for(i = 0; i < n; i++)
			p = seprint(p, end, "%s%.2ux", i > 0 && i%4 == 0 ? " " : "", (uchar)data[i]);
	return seprint(p, end, "'");
}

static char*
stattext(char *p, char *end, Fcall *f)
{
	char strings[Statlen];
	Dir d;

	p = seprint(p, end, " stat");
	if(f->nstat > Statlen)
		return seprint(p, end, "(%d bytes)", f->nstat);
	p = seprint(p, end, " ");
	if(convM2D(f->stat, f->nstat, &d, strings) == 0)
		return p;
	return _dirtext(p, end, &d);
}

/* %F: a message of 9P. */
int
fcallfmt(Fmt *fmt)
{
	static char *names[] =
	{
		"Tversion", "Rversion", "Tauth", "Rauth", "Tattach", "Rattach", nil, "Rerror", "Tflush", "Rflush",
		"Twalk", "Rwalk", "Topen", "Ropen", "Tcreate", "Rcreate", "Tread", "Rread", "Twrite", "Rwrite",
		"Tclunk", "Rclunk", "Tremove", "Rremove", "Tstat", "Rstat", "Twstat", "Rwstat",
	};
	char buf[512], *p, *end;
	Fcall *f;
	int i;

	f = va_arg(fmt->args, Fcall*);
	end = buf + sizeof buf;
	if(f->type < Tversion || f->type >= Tmax || names[f->type-Tversion] == nil){
		seprint(buf, end, "unknown type %d", f->type);
		return fmtstrcpy(fmt, buf);
	}
	p = seprint(buf, end, "%s tag %ud", names[f->type-Tversion], f->tag);
	switch(f->type){
	case Tversion:
	case Rversion:
		seprint(p, end, " msize %ud version '%s'", f->msize, f->version);
		break;
	case Tauth:
		seprint(p, end, " afid %d uname %s aname %s", f->afid, f->uname, f->aname);
		break;
	case Rauth:
		p = seprint(p, end, " qid ");
		_qidtext(p, end, &f->aqid);
		break;
	case Tattach:
		seprint(p, end, " fid %d afid %d uname %s aname %s", f->fid, f->afid, f->uname, f->aname);
		break;
	case Rattach:
		p = seprint(p, end, " qid ");
		_qidtext(p, end, &f->qid);
		break;
	case Rerror:
		seprint(p, end, " ename %s", f->ename);
		break;
	case Tflush:
		seprint(p, end, " oldtag %ud", f->oldtag);
		break;
	case Twalk:
		p = seprint(p, end, " fid %d newfid %d nwname %d ", f->fid, f->newfid, f->nwname);
		if(f->nwname <= MAXWELEM)
			for(i = 0; i < f->nwname; i++)
				p = seprint(p, end, "%d:%s ", i, f->wname[i]);
		break;
	case Rwalk:
		p = seprint(p, end, " nwqid %ud ", f->nwqid);
		if(f->nwqid <= MAXWELEM)
			for(i = 0; i < f->nwqid; i++){
				p = seprint(p, end, "%d:", i);
				p = _qidtext(p, end, &f->wqid[i]);
				p = seprint(p, end, " ");
			}
		break;
	case Topen:
		seprint(p, end, " fid %ud mode %d", f->fid, f->mode);
		break;
	case Ropen:
	case Rcreate:
		p = seprint(p, end, " qid ");
		p = _qidtext(p, end, &f->qid);
		seprint(p, end, " iounit %ud ", f->iounit);
		break;
	case Tcreate:
		seprint(p, end, " fid %ud name %s perm 0%uo mode %d", f->fid, f->name, f->perm, f->mode);
		break;
	case Tread:
		seprint(p, end, " fid %d offset %lld count %ud", f->fid, f->offset, f->count);
		break;
	case Rread:
		p = seprint(p, end, " count %ud ", f->count);
		datatext(p, end, f->data, f->count);
		break;
	case Twrite:
		p = seprint(p, end, " fid %d offset %lld count %ud ", f->fid, f->offset, f->count);
		datatext(p, end, f->data, f->count);
		break;
	case Rwrite:
		seprint(p, end, " count %ud", f->count);
		break;
	case Tclunk:
	case Tremove:
	case Tstat:
		seprint(p, end, " fid %ud", f->fid);
		break;
	case Rstat:
		p = seprint(p, end, " ");
		stattext(p, end, f);
		break;
	case Twstat:
		p = seprint(p, end, " fid %ud", f->fid);
		stattext(p, end, f);
		break;
	}
	return fmtstrcpy(fmt, buf);
}
