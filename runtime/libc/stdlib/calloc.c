#include <u.h>
#include <libc.h>

/* n things of this size, cleared; nil as well if that is more than malloc can be asked for. */
void*
calloc(ulong n, ulong size)
{
	void *p;

	if((uvlong)n*size > (ulong)~0){
		werrstr("calloc: %ud times %ud bytes are too many", n, size);
		return nil;
	}
	p = mallocz(n*size, 1);
	if(p != nil)
		setmalloctag(p, getcallerpc(&n));
	return p;
}
