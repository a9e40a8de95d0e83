#include <u.h>
#include <libc.h>

void*
memccpy(void *to, void *from, int c, usize n)
{
	char *e;

	e = memchr(from, c, n);
	if(e != nil)
		n = e+1 - (char*)from;
	memmove(to, from, n);
	return e != nil ? (char*)to+n : nil;
}
