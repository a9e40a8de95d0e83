#include <u.h>
#include <libc.h>

char*
strpbrk(char *s, char *b)
{
	s += strcspn(s, b);
	return *s != '\0' ? s : nil;
}
