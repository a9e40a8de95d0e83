#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/* One block: the structure, the words, the text. */
Cmdbuf*
parsecmd(char *p, int n)
{
	Cmdbuf *cb;
	int i, max;

	max = 2;
	for(i = 0; i < n; i++)
		if(p[i] == ' ' || p[i] == '\t' || p[i] == '\r' || p[i] == '\n')
			max++;
	cb = emalloc9p(sizeof *cb + max*sizeof cb->f[0] + n+1);
	cb->f = (char**)(cb+1);
	cb->buf = (char*)(cb->f+max);
	memmove(cb->buf, p, n);
	if(n > 0 && cb->buf[n-1] == '\n')
		n--;
	cb->buf[n] = '\0';
	cb->nf = tokenize(cb->buf, cb->f, max-1);
	cb->f[cb->nf] = nil;
	return cb;
}

Cmdtab*
lookupcmd(Cmdbuf *cb, Cmdtab *tab, int n)
{
	Cmdtab *t;

	if(cb->nf == 0){
		werrstr("empty control message");
		return nil;
	}
	for(t = tab; t < tab+n; t++)
		if(strcmp(t->cmd, "*") == 0 || strcmp(t->cmd, cb->f[0]) == 0){
			if(t->narg == 0 || t->narg == cb->nf)
				return t;
			werrstr("bad # args to command");
			return nil;
		}
	werrstr("unknown control message");
	return nil;
}
