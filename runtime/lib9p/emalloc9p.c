#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/* A server of its own may have others: each is in a file of its own. */
void*
emalloc9p(ulong n)
{
	void *v;

	v = mallocz(n, 1);
	if(v == nil){
		fprint(2, "out of memory allocating %lud\n", n);
		exits("mem");
	}
	setmalloctag(v, getcallerpc(&n));
	return v;
}
