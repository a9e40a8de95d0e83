#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regimpl.h"

/*
 * Follows the program up to where it needs a rune.  Where it needs none, or
 * looks at its surroundings, a match may begin with anything.
 */
void
_regfirst(Prog *g)
{
	Reinst *i;
	Frame *f;
	int c, any, bol;

	memset(g->first, 0, sizeof g->first);
	any = 0;
	bol = 0;
	g->gen++;
	f = g->stack;
	f++->i = g->startinst;
	while(f > g->stack){
		i = (--f)->i;
		if(i->gen == g->gen)
			continue;
		i->gen = g->gen;
		switch(i->op){
		case ORUNE:
			g->first[i->r < Runeself ? i->r : Runeself] = 1;
			break;
		case OCLASS:
			for(c = 1; c < Runeself; c++)
				g->first[c] |= _regclass(i->class, c);
			if(i->class->not || (i->class->n > 0 && i->class->range[i->class->n-1].hi >= Runeself))
				g->first[Runeself] = 1;
			break;
		case ONOTNL:
		case OANY:
			for(c = 1; c <= Runeself; c++)
				if(c != '\n' || i->op == OANY)
					g->first[c] = 1;
			break;
		case OSPLIT:
			f++->i = i->b;
			f++->i = i->a;
			break;
		case OSAVE:
			f++->i = i->a;
			break;
		case OUNSAVE:
			if(i->sub != 0)
				f++->i = i->a;
			else
				any = 1;
			break;
		case OBOL:
			bol = 1;
			break;
		case OEOL:
			any = 1;
			break;
		}
	}
	g->bol = bol && !any && memchr(g->first, 1, sizeof g->first) == nil;
	if(any || bol)
		memset(g->first, 1, sizeof g->first);
}
