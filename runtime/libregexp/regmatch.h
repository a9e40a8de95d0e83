/*
 * The matcher, for bytes or for runes: Char, match, and rune, which says what
 * is at p before e (0 at the end) and how many Chars that are.
 *
 * In each step the threads, in the order of what they prefer, go on to the
 * instructions that need a rune; those whose rune is r are there in the next
 * step.  A thread that comes where another was in the same step ends: what the
 * two would match is the same, and the first is preferred.  Of all matches the
 * leftmost counts, and of these the longest.
 */
int
match(Reprog *prog, Char *str, Resub *sem, int nsem)
{
	Prog *g;
	Rethread *now, *then, *thread;
	Reinst *i;
	Frame *f;
	Char *p, *e;
	void **nowslots, **thenslots, **slot, **slots, *matched;
	uvlong gen;
	Rune r;
	int k, t, n, w, nnow, nthen, cut;

	g = (Prog*)prog;
	p = str;
	e = nil;
	cut = 0;
	n = 0;
	if(sem != nil && nsem > 0){
		if(sem->START != nil)
			p = sem->START;
		if(sem->END != nil && *sem->END != 0){
			cut = 1;
			if(sem->END >= p)
				e = sem->END;
		}
		n = nsem;
		if(n > g->nsub)
			n = g->nsub;
		if(n > Nsub)
			n = Nsub;
	}

	now = g->threads;
	then = now + g->nthr;
	nowslots = g->slots;
	thenslots = nowslots + g->nthr*2*n;
	nnow = 0;
	matched = nil;
	for(;;){
		if(nnow == 0){
			if(matched != nil)
				break;
			if(g->bol)
				while(p != e && *p != 0 && p != str && p[-1] != '\n')
					p++;
			else
				while(p != e && *p != 0 && !FIRST(g, *p))
					p++;
		}
		r = rune(p, e, &w);
		gen = ++g->gen;
		nthen = 0;
		if(matched == nil && FIRST(g, r)){
			now[nnow].i = g->startinst;
			slots = nowslots + nnow*2*n;
			for(k = 0; k < 2*n; k++)
				slots[k] = nil;
			if(n > 0)
				slots[0] = p;	/* it began later than those before it */
			nnow++;
		}
		for(t = 0; t < nnow; t++){
			thread = &now[t];
			slots = nowslots + t*2*n;
			if(matched != nil && slots[0] > matched)
				break;
			f = g->stack;
			i = thread->i;
		Go:
			if(i->gen == gen)
				goto Back;
			i->gen = gen;
			switch(i->op){
			case ORUNE:
				if(i->r != r)
					goto Back;
				break;
			case OCLASS:
				if(r == 0 || !_regclass(i->class, r))
					goto Back;
				break;
			case ONOTNL:
				if(r == '\n')
					goto Back;
				/* fall through */
			case OANY:
				if(r == 0)
					goto Back;
				break;
			case OSPLIT:
				f->i = i->b;
				f++;
				i = i->a;
				goto Go;
			case OBOL:
				if(p != str && p[-1] != '\n')
					goto Back;
				i = i->a;
				goto Go;
			case OEOL:
				if(r != '\n' && (r != 0 || cut))
					goto Back;
				i = i->a;
				goto Go;
			case OUNSAVE:
				if(i->sub == 0){
					if(n == 0)
						return 1;
					matched = slots[0];
					for(k = 0; k < nsem; k++){
						sem[k].START = k < n ? slots[2*k] : nil;
						sem[k].END = k < n ? slots[2*k+1] : nil;
					}
					sem->END = p;
					goto Back;
				}
				/* fall through */
			case OSAVE:
				if(i->sub < n){
					slot = &slots[2*i->sub + (i->op == OUNSAVE)];
					f->i = nil;
					f->slot = slot;
					f->old = *slot;
					f++;
					*slot = p;
				}
				i = i->a;
				goto Go;
			}
			/* it goes on behind r */
			then[nthen].i = i->a;
			slot = thenslots + nthen*2*n;
			for(k = 0; k < 2*n; k++)
				slot[k] = slots[k];
			nthen++;
		Back:
			while(f > g->stack){
				f--;
				i = f->i;
				if(i != nil)
					goto Go;
				*f->slot = f->old;
			}
		}
		if(r == 0)
			break;
		p += w;
		thread = now;
		now = then;
		then = thread;
		slot = nowslots;
		nowslots = thenslots;
		thenslots = slot;
		nnow = nthen;
	}
	return matched != nil;
}
