#include <u.h>
#include <libc.h>

char*
strtok(char *s, char *b)
{
	static char *rest;
	char *p;

	if(s == nil)
		s = rest;
	s += strspn(s, b);
	if(*s == '\0'){
		rest = s;
		return nil;
	}
	p = s + strcspn(s, b);
	if(*p != '\0')
		*p++ = '\0';
	rest = p;
	return s;
}
