#include <u.h>
#include <libc.h>

char*
strrchr(char *s, int c)
{
	char *p, *last;

	if((c & 0xFF) == 0)
		return s + strlen(s);
	last = nil;
	for(p = s; (p = strchr(p, c)) != nil; p++)
		last = p;
	return last;
}
