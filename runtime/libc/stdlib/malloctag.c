#include <u.h>
#include <libc.h>
#include "malloc.h"

/* Who allocated a block, and who changed its size last: 32 bits, which is enough for a pc. */
void
setmalloctag(void *p, uintptr tag)
{
	if(p != nil)
		BLOCK(p)->tag = tag;
}

void
setrealloctag(void *p, uintptr tag)
{
	if(p != nil)
		BLOCK(p)->retag = tag;
}

uintptr
getmalloctag(void *p)
{
	return BLOCK(p)->tag;
}

uintptr
getrealloctag(void *p)
{
	return BLOCK(p)->retag;
}

/* The header of a block: what debuggers ask about. */
void*
malloctopoolblock(void *p)
{
	return p != nil ? BLOCK(p) : nil;
}
