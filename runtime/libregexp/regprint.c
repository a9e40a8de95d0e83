#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regimpl.h"

static int
printclass(Fmt *f, Class *c)
{
	int i, n;

	n = fmtprint(f, "OCLASS\t%s", c->not ? "^" : "");
	for(i = 0; i < c->n; i++)
		n += fmtprint(f, "%C-%C ", c->range[i].lo, c->range[i].hi);
	return n;
}

/* A verb for a Reprog*: its instructions, a line each, and what follows them. */
int
reprogfmt(Fmt *f)
{
	static char *names[] = {
		[OANY] "OANY\t.",
		[OBOL] "OBOL\t^",
		[OEOL] "OEOL\t$",
		[ONOTNL] "ONOTNL\t",
	};
	Reprog *g;
	Reinst *i;
	int n;

	g = va_arg(f->args, Reprog*);
	n = 0;
	for(i = g->startinst; i < g->startinst+g->len; i++){
		n += fmtprint(f, "%p ", i);
		switch(i->op){
		case ORUNE:
			n += fmtprint(f, "ORUNE\t%C", i->r);
			break;
		case OCLASS:
			n += printclass(f, i->class);
			break;
		case OSPLIT:
			n += fmtprint(f, "OSPLIT\t%p", i->b);
			break;
		case OSAVE:
			n += fmtprint(f, "OSAVE\t%d", i->sub);
			break;
		case OUNSAVE:
			n += fmtprint(f, "OUNSAVE\t%d", i->sub);
			break;
		default:
			n += fmtprint(f, "%s", names[i->op]);
			break;
		}
		n += fmtprint(f, " %p\n", i->a);
	}
	return n;
}
