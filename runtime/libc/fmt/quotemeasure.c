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
	int n, unit;

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
			unit = outrunes ? 1 : runelen(r);
		}else{
			n = chartorune(&r, (char*)s+q->len);
			unit = outrunes ? 1 : n;	/* a byte that is no UTF counts as one, and becomes Runeerror */
		}
		if(r == 0)
			break;
		if(q->nout+unit > room)
			break;
		if(_quotes(r) && !q->quoted){
			if(q->nout+unit+2 > room)
				break;
			q->nout += 2;
			q->quoted = 1;
		}
		if(r == '\''){
			if(q->nout+unit+1 > room)
				break;
			q->nout++;
		}
		q->nout += unit;
		q->len += n;
	}
}
