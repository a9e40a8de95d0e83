#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/* Whole entries only.  The next read goes on behind them: Fid.dirindex. */
void
dirread9p(Req *r, Dirgen *gen, void *aux)
{
	uchar *p, *end;
	Dir d;
	uint n;
	int i;

	i = r->ifcall.offset == 0 ? 0 : r->fid->dirindex;
	p = (uchar*)r->ofcall.data;
	end = p+r->ifcall.count;
	for(; p < end; i++){
		memset(&d, 0, sizeof d);
		if(gen(i, &d, aux) < 0)
			break;
		n = convD2M(&d, p, end-p);
		free(d.name);
		free(d.uid);
		free(d.gid);
		free(d.muid);
		if(n <= BIT16SZ)
			break;
		p += n;
	}
	r->fid->dirindex = i;
	r->ofcall.count = p-(uchar*)r->ofcall.data;
}
