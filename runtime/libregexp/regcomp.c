#include <u.h>
#include <libc.h>
#include <regexp.h>
#include "regimpl.h"

/* Tokens; those of one character are that. */
enum
{
	Tend = 0,
	Trune = Runemax+1,
	Tclass,
};

typedef struct Parser Parser;
typedef struct Part Part;

/*
 * Reads an expression twice: first tokens are counted, so that one block of
 * memory can be had for everything, then the program is made.
 */
struct Parser
{
	char	*exp;
	char	*p;
	int	lit;	/* all characters are literal */
	int	nl;	/* . matches newline */
	int	tok;	/* the current token */
	Rune	r;	/* its rune, or the character */
	Class	*class;
	int	counting;
	int	failed;

	Reinst	*inst;	/* where the next one goes */
	Class	*classes;
	Range	*ranges;
	int	nclass;
	int	nrange;
	int	nsub;
};

/* A piece of program, and the pointers that wait for what follows it: each holds the next. */
struct Part
{
	Reinst	*start;
	Reinst	**first;
	Reinst	**last;
};

static Part alternatives(Parser*);

static void
fail(Parser *s, char *why)
{
	if(!s->counting && !s->failed)
		regerror(why);
	s->failed = 1;
	s->tok = Tend;
}

static void
syntax(Parser *s, char *what)
{
	char buf[ERRMAX];

	snprint(buf, sizeof buf, "regexp %s: %s", s->exp, what);
	fail(s, buf);
}

static Rune
next(Parser *s)
{
	Rune r;

	if(*s->p == '\0')
		return 0;
	s->p += chartorune(&r, s->p);
	return r;
}

/* Ranges are kept ascending and apart: r is put where it belongs, and takes in what it touches. */
static void
addrange(Class *c, Rune lo, Rune hi)
{
	int i, j;

	for(i = c->n; i > 0 && c->range[i-1].hi+1 >= lo; i--)
		;
	for(j = i; j < c->n && c->range[j].lo <= hi+1; j++)
		;
	if(j > i){
		if(c->range[i].lo < lo)
			lo = c->range[i].lo;
		if(c->range[j-1].hi > hi)
			hi = c->range[j-1].hi;
	}
	memmove(&c->range[i+1], &c->range[j], (c->n-j)*sizeof(Range));
	c->range[i].lo = lo;
	c->range[i].hi = hi;
	c->n += 1-(j-i);
}

/* Behind the [. */
static void
class(Parser *s)
{
	Class *c;
	Rune r, lo, hi, t;

	c = nil;
	if(!s->counting){
		c = s->class = &s->classes[s->nclass];
		memset(c, 0, sizeof *c);
		c->range = &s->ranges[s->nrange];
	}
	s->nclass++;
	r = next(s);
	if(r == '^'){
		if(c != nil)
			c->not = 1;
		r = next(s);
	}
	while(r != ']'){
		if(r == '-'){
			fail(s, "Malformed class");
			return;
		}
		if(r == '\\')
			r = next(s);
		if(r == 0){
			fail(s, "No closing ] for class");
			return;
		}
		lo = hi = r;
		r = next(s);
		if(r == '-'){
			hi = next(s);
			if(hi == ']' || hi == '-'){
				fail(s, "Malformed class");
				return;
			}
			if(hi == '\\')
				hi = next(s);
			if(hi == 0){
				fail(s, "No closing ] for class");
				return;
			}
			if(hi < lo){
				t = lo;
				lo = hi;
				hi = t;
			}
			r = next(s);
		}
		s->nrange++;
		if(c == nil)
			continue;
		addrange(c, lo, hi);
		for(t = lo; t <= hi && t < Runeself; t++)
			c->ascii[t/32] |= 1U<<(t%32);
	}
}

static void
lex(Parser *s)
{
	s->r = next(s);
	s->tok = s->r;
	if(s->r == 0)
		return;
	if(s->lit){
		s->tok = Trune;
		return;
	}
	switch(s->r){
	case '\\':
		s->r = next(s);
		s->tok = s->r != 0 ? Trune : Tend;
		break;
	case '*':
	case '+':
	case '?':
	case '|':
	case '.':
	case '(':
	case ')':
	case '^':
	case '$':
		break;
	case '[':
		s->tok = Tclass;
		class(s);
		break;
	default:
		s->tok = Trune;
		break;
	}
}

static Reinst*
instruction(Parser *s, int op)
{
	Reinst *i;

	i = s->inst++;
	i->op = op;
	i->a = nil;
	i->b = nil;
	i->gen = 0;
	return i;
}

static Part
part(Reinst *start, Reinst **out)
{
	Part p;

	p.start = start;
	p.first = out;
	p.last = out;
	*out = nil;
	return p;
}

/* What waits in p gets i. */
static void
follow(Part *p, Reinst *i)
{
	Reinst **out, **after;

	for(out = p->first; out != nil; out = after){
		after = (Reinst**)*out;
		*out = i;
	}
}

/* What waits in q waits in p. */
static void
join(Part *p, Part *q)
{
	*p->last = (Reinst*)q->first;
	p->last = q->last;
}

static Part
one(Parser *s)
{
	Reinst *i, *j;
	Part p;
	char buf[32];

	switch(s->tok){
	case Trune:
		i = instruction(s, ORUNE);
		i->r = s->r;
		break;
	case Tclass:
		i = instruction(s, OCLASS);
		i->class = s->class;
		break;
	case '.':
		i = instruction(s, s->nl ? OANY : ONOTNL);
		break;
	case '^':
		i = instruction(s, OBOL);
		break;
	case '$':
		i = instruction(s, OEOL);
		break;
	case '(':
		i = instruction(s, OSAVE);
		i->sub = s->nsub++;
		lex(s);
		p = alternatives(s);
		i->a = p.start;
		j = instruction(s, OUNSAVE);
		j->sub = i->sub;
		follow(&p, j);
		if(s->tok != ')')
			syntax(s, "no matching parenthesis");
		else
			lex(s);
		return part(i, &j->a);
	case Tend:
		syntax(s, "parsing error");
		return part(s->inst, &s->inst->a);
	default:
		snprint(buf, sizeof buf, "syntax error: %C", s->r);
		syntax(s, buf);
		return part(s->inst, &s->inst->a);
	}
	lex(s);
	return part(i, &i->a);
}

static Part
repeated(Parser *s)
{
	Reinst *i;
	Part p, q;

	p = one(s);
	for(; s->tok == '*' || s->tok == '+' || s->tok == '?'; lex(s)){
		i = instruction(s, OSPLIT);
		i->a = p.start;
		q = part(i, &i->b);
		if(s->tok == '?')
			join(&q, &p);
		else
			follow(&p, i);
		if(s->tok == '+')
			q.start = p.start;
		p = q;
	}
	return p;
}

static Part
sequence(Parser *s)
{
	Part p, q;

	p = repeated(s);
	while(s->tok != Tend && s->tok != '|' && s->tok != ')'){
		q = repeated(s);
		follow(&p, q.start);
		q.start = p.start;
		p = q;
	}
	return p;
}

static Part
alternatives(Parser *s)
{
	Reinst *i;
	Part p, q;

	p = sequence(s);
	while(s->tok == '|'){
		i = instruction(s, OSPLIT);
		i->a = p.start;
		lex(s);
		q = sequence(s);
		i->b = q.start;
		p.start = i;
		join(&p, &q);
	}
	return p;
}

/* All of it between the SAVE and the UNSAVE of the whole match.  A ) too many ends it. */
static void
program(Parser *s)
{
	Reinst *i, *j;
	Part p;

	i = instruction(s, OSAVE);
	i->sub = s->nsub++;
	lex(s);
	p = alternatives(s);
	i->a = p.start;
	j = instruction(s, OUNSAVE);
	j->sub = 0;
	follow(&p, j);
}

static void
begin(Parser *s)
{
	s->p = s->exp;
	s->failed = 0;
	s->nclass = 0;
	s->nrange = 0;
	s->nsub = 0;
}

static Reprog*
compile(char *exp, int nl, int lit)
{
	Parser s;
	Prog *g;
	usize ninst, nthread, nsub, size;
	int nclass;
	char *p;

	s.exp = exp;
	s.nl = nl;
	s.lit = lit;
	s.counting = 1;
	begin(&s);
	ninst = 3;	/* SAVE, UNSAVE, one that an error needs */
	nthread = 1;
	nsub = 1;
	for(lex(&s); s.tok != Tend; lex(&s)){
		ninst++;
		if(s.tok == Trune || s.tok == Tclass || s.tok == '.')
			nthread++;
		else if(s.tok == '(' && nsub < Nsub)
			nsub++;
	}
	nclass = s.nclass;
	size = sizeof(Prog) + ninst*(sizeof(Reinst)+sizeof(Frame)) + 2*nthread*(sizeof(Rethread)+2*nsub*sizeof(void*))
		+ nclass*sizeof(Class) + s.nrange*sizeof(Range);
	if(size != (ulong)size){
		werrstr("regexp too big");
		return nil;
	}
	g = malloc(size);
	if(g == nil)
		return nil;
	p = (char*)(g+1);
	g->startinst = (Reinst*)p;
	p += ninst*sizeof(Reinst);
	g->stack = (Frame*)p;
	p += ninst*sizeof(Frame);
	g->threads = (Rethread*)p;
	p += 2*nthread*sizeof(Rethread);
	g->slots = (void**)p;
	p += 2*nthread*2*nsub*sizeof(void*);
	s.classes = (Class*)p;
	p += nclass*sizeof(Class);
	s.ranges = (Range*)p;

	s.inst = g->startinst;
	s.counting = 0;
	begin(&s);
	program(&s);
	if(s.failed){
		free(g);
		return nil;
	}
	g->regstr = exp;
	g->len = s.inst - g->startinst;
	g->nthr = nthread;
	g->nsub = s.nsub;
	g->gen = 0;
	_regfirst(g);
	return g;
}

Reprog*
regcomp(char *exp)
{
	return compile(exp, 0, 0);
}

Reprog*
regcomplit(char *exp)
{
	return compile(exp, 0, 1);
}

Reprog*
regcompnl(char *exp)
{
	return compile(exp, 1, 0);
}
