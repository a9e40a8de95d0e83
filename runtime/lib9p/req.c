#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

static void
inc(void *v)
{
	Req *r;

	r = v;
	incref(&r->ref);
}

Reqpool*
allocreqpool(void (*destroy)(Req*))
{
	Reqpool *p;

	p = emalloc9p(sizeof *p);
	p->map = allocmap(inc);
	p->destroy = destroy;
	return p;
}

static void
drop(void *v)
{
	closereq(v);
}

void
freereqpool(Reqpool *p)
{
	freemap(p->map, drop);
	free(p);
}

/* One reference is the pool's, one the caller's; nil if the tag is taken. */
Req*
allocreq(Reqpool *p, ulong tag)
{
	Req *r;

	r = emalloc9p(sizeof *r);
	r->tag = tag;
	r->pool = p;
	r->ref.ref = 2;
	if(!caninsertkey(p->map, tag, r)){
		free(r);
		return nil;
	}
	return r;
}

Req*
lookupreq(Reqpool *p, ulong tag)
{
	return lookupkey(p->map, tag);
}

Req*
removereq(Reqpool *p, ulong tag)
{
	return deletekey(p->map, tag);
}

void
closereq(Req *r)
{
	if(r == nil || decref(&r->ref) != 0)
		return;
	closefid(r->fid);
	closefid(r->newfid);
	closefid(r->afid);
	closereq(r->oldreq);
	if(r->ifcall.type == Tstat){
		free(r->ofcall.stat);
		free(r->d.name);
		free(r->d.uid);
		free(r->d.gid);
		free(r->d.muid);
	}
	if(r->pool->destroy != nil)
		r->pool->destroy(r);
	free(r->flush);
	free(r->buf);
	free(r->rbuf);
	free(r);
}
