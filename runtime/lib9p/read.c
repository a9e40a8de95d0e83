#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

void
readbuf(Req *r, void *v, long n)
{
	vlong left;

	left = n - r->ifcall.offset;
	if(left < 0)
		left = 0;
	r->ofcall.count = left < r->ifcall.count ? left : r->ifcall.count;
	memmove(r->ofcall.data, (char*)v+r->ifcall.offset, r->ofcall.count);
}

void
readstr(Req *r, char *s)
{
	readbuf(r, s, strlen(s));
}
