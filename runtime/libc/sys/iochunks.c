#include <u.h>
#include <libc.h>
#include <elf9.h>

/* A block with room for all the chunks, and how much that is; nil if there is none. */
void*
_iochunks(IOchunk *io, int n, long *total)
{
	int i;

	*total = 0;
	for(i = 0; i < n; i++)
		*total += io[i].len;
	return malloc(*total);
}
