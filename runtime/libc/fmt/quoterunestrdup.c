#include <u.h>
#include <libc.h>
#include "quote.h"

Rune*
quoterunestrdup(Rune *s)
{
	Rune *p, *t;
	Quote q;

	_quotemeasure(&q, s, 1, 0x7FFFFFFF, 0x7FFFFFFF, 0, 1);
	if(!q.quoted)
		return runestrdup(s);
	t = malloc((q.nout+1)*sizeof(Rune));
	if(t == nil)
		return nil;
	p = t;
	*p++ = '\'';
	for(; *s != 0; s++){
		if(*s == '\'')
			*p++ = '\'';
		*p++ = *s;
	}
	*p++ = '\'';
	*p = 0;
	return t;
}
