#include <u.h>
#include <libc.h>
#include <String.h>

/* Up to n bytes, or up to the NUL. */
String*
s_nappend(String *s, char *p, int n)
{
	int i;

	for(i = 0; p != nil && i != n && p[i] != '\0'; i++)
		;
	return s_memappend(s, p, i);
}
