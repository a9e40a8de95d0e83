#include <u.h>
#include <libc.h>

/* What rc makes of the first word of s; quotes may begin in its middle.  What follows the word stays. */
char*
unquotestrdup(char *s)
{
	char *p, *t;
	int quoting;

	t = strdup(s);
	if(t == nil)
		return nil;
	quoting = 0;
	p = s = t;
	for(; *s != '\0'; s++){
		if(*s == '\''){
			if(!quoting || s[1] != '\''){
				quoting = !quoting;
				continue;
			}
			s++;
		}else if(!quoting && (*s == ' ' || *s == '\t'))
			break;
		*p++ = *s;
	}
	if(p != s)
		memmove(p, s, strlen(s)+1);
	return t;
}
