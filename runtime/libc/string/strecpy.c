#include <u.h>
#include <libc.h>

/* Returns where the NUL is. */
char*
strecpy(char *to, char *end, char *from)
{
	char *p;

	if(to >= end)
		return to;
	p = memccpy(to, from, '\0', end-to);
	if(p == nil){
		p = end;
		p[-1] = '\0';
	}
	return p-1;
}
