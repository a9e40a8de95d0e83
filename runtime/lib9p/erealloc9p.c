#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

void*
erealloc9p(void *v, ulong n)
{
	void *new;

	new = realloc(v, n);
	if(new == nil && n != 0){
		fprint(2, "out of memory allocating %lud\n", n);
		exits("mem");
	}
	setrealloctag(new, getcallerpc(&v));
	return new;
}
