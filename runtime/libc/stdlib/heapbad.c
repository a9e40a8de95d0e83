#include <u.h>
#include <libc.h>
#include <elf9.h>
#include "malloc.h"

/* The descriptor in /env/MALLOCFD, or standard error. */
static int
where(void)
{
	char text[20];
	int fd;

	if(_slurp("/env/MALLOCFD", text, sizeof text) <= 0)
		return 2;
	fd = atoi(text);
	return fd > 0 ? fd : 2;
}

/*
 * The heap is damaged, or p is wrong: say it, with the words of Plan 9's pool
 * allocator before one's own, and stop.  Needs no memory and no format.
 */
void
_heapbad(char *what, void *p, uintptr pc)
{
	static char digits[] = "0123456789abcdef";
	char line[200], hex[2*sizeof pc], *e, *h;
	uintptr v;
	int i;

	e = strecpy(line, line+sizeof line, "malloc: ");
	e = strecpy(e, line+sizeof line, what);
	for(i = 0; i < 2; i++){
		e = strecpy(e, line+sizeof line, i == 0 ? ": 0x" : ", called from 0x");
		v = i == 0 ? (uintptr)p : pc;
		h = hex;
		do
			*h++ = digits[v & 15];
		while((v >>= 4) != 0);
		while(h > hex)
			*e++ = *--h;
		*e = '\0';
	}
	*e++ = '\n';
	write(where(), line, e-line);
	abort();
}
