#include <u.h>
#include <libc.h>

char*
strcpy(char *to, char *from)
{
	char *p;

	for(p = to; (*p = *from) != '\0'; p++)
		from++;
	return to;
}
