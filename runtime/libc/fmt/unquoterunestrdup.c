#include <u.h>
#include <libc.h>

/* unquotestrdup for runes */
Rune*
unquoterunestrdup(Rune *s)
{
	Rune *p, *t;
	int quoting;

	t = runestrdup(s);
	if(t == nil)
		return nil;
	quoting = 0;
	p = s = t;
	for(; *s != 0; s++){
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
		memmove(p, s, (runestrlen(s)+1)*sizeof(Rune));
	return t;
}
