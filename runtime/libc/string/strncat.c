#include <u.h>
#include <libc.h>

/* At most n bytes of from, and a NUL. */
char*
strncat(char *to, char *from, long n)
{
	char *end;

	end = to + strlen(to);
	if(n < 0)
		n = 0;
	if(memccpy(end, from, '\0', n) == nil)
		end[n] = '\0';
	return to;
}
