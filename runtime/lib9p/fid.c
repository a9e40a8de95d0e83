#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

static void
inc(void *v)
{
	Fid *f;

	f = v;
	incref(&f->ref);
}

Fidpool*
allocfidpool(void (*destroy)(Fid*))
{
	Fidpool *p;

	p = emalloc9p(sizeof *p);
	p->map = allocmap(inc);
	p->destroy = destroy;
	return p;
}

static void
drop(void *v)
{
	closefid(v);
}

/* The pool's references end with it, and with the last one a fid. */
void
freefidpool(Fidpool *p)
{
	freemap(p->map, drop);
	free(p);
}

/* One reference is the pool's, one the caller's; nil if the number is taken. */
Fid*
allocfid(Fidpool *p, ulong number)
{
	Fid *f;

	f = emalloc9p(sizeof *f);
	f->fid = number;
	f->omode = -1;
	f->pool = p;
	f->ref.ref = 2;
	if(!caninsertkey(p->map, number, f)){
		free(f);
		return nil;
	}
	return f;
}

Fid*
lookupfid(Fidpool *p, ulong number)
{
	return lookupkey(p->map, number);
}

/* The caller has the pool's reference. */
Fid*
removefid(Fidpool *p, ulong number)
{
	return deletekey(p->map, number);
}

void
closefid(Fid *f)
{
	if(f == nil || decref(&f->ref) != 0)
		return;
	if(f->rdir != nil)
		closedirfile(f->rdir);
	if(f->pool->destroy != nil)
		f->pool->destroy(f);
	if(f->file != nil)
		closefile(f->file);
	free(f->uid);
	free(f);
}
