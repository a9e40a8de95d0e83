#include <u.h>
#include <libc.h>

/* strecpy that cuts no rune; returns where the NUL is */
char*
utfecpy(char *to, char *end, char *from)
{
	char *p;

	if(to >= end)
		return to;
	p = memccpy(to, from, '\0', end-to);
	if(p != nil)
		return p-1;
	for(p = end-1; p > to && (*p & 0xC0) == 0x80; p--)
		;
	*p = '\0';
	return p;
}
