#include <u.h>
#include <libc.h>

char*
strcpy(char *to, char *from)
{
	memmove(to, from, strlen(from)+1);
	return to;
}
