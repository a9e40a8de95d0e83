#include <u.h>
#include <libc.h>
#include <String.h>

void
s_tolower(String *s)
{
	char *p;

	for(p = s->base; *p != '\0'; p++)
		if(*p >= 'A' && *p <= 'Z')
			*p += 'a'-'A';
}
