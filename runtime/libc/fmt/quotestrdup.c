#include <u.h>
#include <libc.h>
#include "quote.h"

char*
quotestrdup(char *s)
{
	char *p, *t;
	int n;
	Quote q;

	_quotemeasure(&q, s, 0, 0x7FFFFFFF, 0x7FFFFFFF, 0, 0);
	if(!q.quoted)
		return strdup(s);
	n = 2 + 1;
	for(p = s; *p != '\0'; p++)
		n += *p == '\'' ? 2 : 1;
	t = malloc(n);
	if(t == nil)
		return nil;
	p = t;
	*p++ = '\'';
	for(; *s != '\0'; s++){
		if(*s == '\'')
			*p++ = '\'';
		*p++ = *s;
	}
	*p++ = '\'';
	*p = '\0';
	return t;
}
