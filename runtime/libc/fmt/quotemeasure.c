#include <u.h>
#include <libc.h>
#include "quote.h"

int (*doquote)(int);

/* Does this rune want quotes around it? */
int
_quotes(Rune r)
{
	return r <= ' ' || r == '\'' || (doquote != nil && doquote(r));
}

/*
 * Measures how the text s is printed, at most max of its runes and into room
 * bytes or runes: whole runes, never a quote alone.
 */
void
_quotemeasure(Quote *q, void *s, int isrunes, int max, int room, int force, int outrunes)
{
	Rune r;
	int n, unit, extra;

	memset(q, 0, sizeof *q);
	if(force || max == 0 || (isrunes ? *(Rune*)s == 0 : *(char*)s == '\0')){
		if(room < 2)
			return;
		q->quoted = 1;
		q->nout = 2;
	}
	for(; q->nin < max; q->nin++){
		if(isrunes){
			r = ((Rune*)s)[q->len];
			n = 1;
		}else
			n = chartorune(&r, (char*)s+q->len);
		if(r == 0)
			break;
		unit = outrunes ? 1 : runelen(r);
		if(q->nout+unit > room)
			break;
		extra = 0;
		if(_quotes(r)){
			if(!q->quoted)
				extra = 2;
			if(r == '\'')
				extra++;
			if(q->nout+extra+unit > room)
				break;
			q->quoted = 1;
		}
		q->nout += extra + unit;
		q->len += n;
	}
}
