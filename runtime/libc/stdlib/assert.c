#include <u.h>
#include <libc.h>

void (*__assert)(char*);	/* a library's own, which need not return */

/* What assert calls with its text. */
void
_assert(char *s)
{
	if(__assert != nil)
		(*__assert)(s);
	fprint(2, "assert failed: %s\n", s);
	abort();
}
