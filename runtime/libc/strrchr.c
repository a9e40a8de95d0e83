#include <u.h>
#include <libc.h>

char*
strrchr(char *s, int c)
{
	char *r;

	r = nil;
	for(;; s++){
		if(*s == (char)c)
			r = s;
		if(*s == '\0')
			return r;
	}
}
