#include <u.h>
#include <libc.h>
#include "malloc.h"

enum
{
	Nexact = 32,	/* lists of one size each, below this number of units */
	Exactbits = 5,
	Subbits = 3,	/* above: eight lists between powers of two */
	Nlist = Nexact + (32-Exactbits)*(1<<Subbits),
	Nquick = 65,	/* blocks of fewer units wait in quick lists */
	Grow = 64*1024/Unit,
	Quick = 4*Grow,	/* so many units may wait there, and half of a larger heap */
};

static struct
{
	Lock	lk;
	Block	*quick[Nquick];
	int	room;	/* units that may still go into the quick lists */
	uint	total;	/* units that sbrk gave */
	Block	*end;	/* of the last area */
	uvlong	map[(Nlist+63)/64];	/* lists that are not empty */
	Block	*list[Nlist];
} heap;

static inline int
canacquire(void)
{
	return __atomic_exchange_n(&heap.lk.val, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void
acquire(void)
{
	if(!canacquire())
		lock(&heap.lk);
}

static inline void
release(void)
{
	__atomic_store_n(&heap.lk.val, 0, __ATOMIC_RELEASE);
}

/* The header's word with the sum over the rest of it and the address. */
static inline uvlong
summed(Block *b, uvlong w)
{
	w &= 0xFFFFFFFFFFFFULL;
	return w | ((w<<16 ^ (uintptr)b)*0x9E3779B97F4A7C15ULL & 0xFFFFULL<<48);
}

static inline void
seal(Block *b)
{
	b->word = summed(b, b->word);
}

static inline int
sound(Block *b)
{
	return b->word == summed(b, b->word);
}

static inline Block*
after(Block *b)
{
	return (Block*)((uchar*)b + (usize)b->size*Unit);
}

/* The last word of a free block. */
static inline uvlong*
footer(Block *b)
{
	return (uvlong*)after(b) - 1;
}

static inline Block*
before(Block *b)
{
	return (Block*)((uchar*)b - ((uvlong*)b)[-1]*Unit);
}

static inline void
check(Block *b, uintptr pc)
{
	if(!sound(b))
		_heapbad("bad magic: somebody wrote over the header of a block", PAYLOAD(b), pc);
}

/* The list of blocks of this size. */
static inline int
listof(uint size)
{
	int k;

	if(size < Nexact)
		return size;
	k = 31 - __builtin_clz(size);
	return Nexact + (k-Exactbits)*(1<<Subbits) + ((size >> (k-Subbits)) & ((1<<Subbits)-1));
}

static void
insert(Block *b)
{
	Block *head;
	int i;

	i = listof(b->size);
	head = heap.list[i];
	b->next = head;
	b->prev = nil;
	if(head != nil)
		head->prev = b;
	heap.list[i] = b;
	heap.map[i/64] |= 1ULL << i%64;
	*footer(b) = b->size;
}

static void
take(Block *b, uintptr pc)
{
	int i;

	if(b->flags & Fused)
		_heapbad("corrupt tail ptr: the size of a free block was written over", PAYLOAD(b), pc);
	check(b, pc);
	i = listof(b->size);
	if(b->next != nil){
		if(b->next->prev != b)
			_heapbad("dangling pointer write: somebody wrote to a free block", PAYLOAD(b), pc);
		b->next->prev = b->prev;
	}
	if(b->prev != nil){
		if(b->prev->next != b)
			_heapbad("dangling pointer write: somebody wrote to a free block", PAYLOAD(b), pc);
		b->prev->next = b->next;
	}else{
		if(heap.list[i] != b)
			_heapbad("dangling pointer write: somebody wrote to a free block", PAYLOAD(b), pc);
		heap.list[i] = b->next;
		if(b->next == nil)
			heap.map[i/64] &= ~(1ULL << i%64);
	}
}

/* The next block, which is in use, learns whether b is free. */
static inline void
tell(Block *b, int isfree, uintptr pc)
{
	Block *n;
	uvlong w;

	n = after(b);
	check(n, pc);
	w = n->word;
	n->word = summed(n, isfree ? w|FLAG(Fprev) : w&~FLAG(Fprev));
}

/*
 * A block that was used becomes free, together with free neighbours.  No two
 * neighbours are free before, so who lies behind a free one knows that it is.
 */
static void
join(Block *b, uintptr pc)
{
	Block *n, *p;

	n = after(b);
	if((n->flags & (Fused|Fquick|Fend)) == 0){
		take(n, pc);
		b->size += n->size;
		n->sum = ~n->sum;
	}else
		tell(b, 1, pc);
	b->flags &= Fprev;
	b->slack = 0;
	if(b->flags & Fprev){
		p = before(b);
		take(p, pc);
		p->size += b->size;
		seal(b);	/* as a free block: who frees it again is found out */
		b = p;
	}
	seal(b);
	insert(b);
}

/* What is in the quick lists joins its neighbours. */
static void
settle(uintptr pc)
{
	Block *b;
	int i;

	for(i = 0; i < Nquick; i++)
		while((b = heap.quick[i]) != nil){
			check(b, pc);
			heap.quick[i] = b->next;
			join(b, pc);
		}
	heap.room = heap.total/2 > Quick ? heap.total/2 : Quick;
}

/* More memory, as one free block at the end of the heap; -1: errstr says why. */
static int
more(uint size, uintptr pc)
{
	Block *b;
	uchar *p;
	uint want;

	if((uintptr)sbrk(0) % Unit != 0)
		sbrk(Unit - (uintptr)sbrk(0)%Unit);	/* so that the areas that follow are one */
	want = heap.total/8;
	if(want < Grow)
		want = Grow;
	if(want < size)
		want = size;
	if((p = sbrk((usize)(want+2)*Unit)) == (void*)-1){
		want = size;
		if((p = sbrk((usize)(want+2)*Unit)) == (void*)-1)
			return -1;
	}
	if(heap.end != nil && p == (uchar*)heap.end + Unit){
		b = heap.end;	/* behind what there was: the end becomes a block */
		want += 2;
	}else{
		b = (Block*)(((uintptr)p + Unit-1) & ~(uintptr)(Unit-1));
		b->flags = 0;
		want += (uchar*)b == p ? 1 : 0;
	}
	heap.total += want;
	b->size = want;
	b->flags = Fused | (b->flags & Fprev);
	heap.end = after(b);
	heap.end->size = 0;
	heap.end->flags = Fend|Fused;
	heap.end->slack = 0;
	seal(heap.end);
	join(b, pc);
	return 0;
}

/* A free block of at least this size, out of its list; nil if there is none. */
static Block*
find(uint size, uintptr pc)
{
	Block *b;
	uvlong m;
	int i, w;

	i = listof(size);
	if(size >= Nexact){
		/* its own list may have smaller ones */
		for(b = heap.list[i], w = 0; b != nil && w < 8; b = b->next, w++)
			if(b->size >= size){
				take(b, pc);
				return b;
			}
		i++;
	}
	if(i >= Nlist)
		return nil;
	w = i/64;
	m = heap.map[w] & ~0ULL << i%64;
	while(m == 0){
		if(++w == nelem(heap.map))
			return nil;
		m = heap.map[w];
	}
	b = heap.list[w*64 + __builtin_ctzll(m)];
	take(b, pc);
	return b;
}

/* What a used block has behind size becomes a free one, if it is large enough. */
static void
cut(Block *b, uint size, uintptr pc)
{
	Block *rest;

	if(b->size - size < Minsize)
		return;
	rest = (Block*)((uchar*)b + (usize)size*Unit);
	rest->size = b->size - size;
	rest->flags = Fused;
	b->size = size;
	join(rest, pc);
}

static inline uint
units(usize n)
{
	uint size;

	size = (n + HEADER + Unit-1)/Unit;
	return size < Minsize ? Minsize : size;
}

/* Mark where the part ends that was asked for. */
static inline void
limit(Block *b, usize n)
{
	b->slack = CAPACITY(b) - n;
	if(b->slack != 0)
		PAYLOAD(b)[n] = Guard;
	seal(b);
}

static Block*
carve(uint size, uintptr pc)
{
	Block *b, *rest;

	b = find(size, pc);
	if(b == nil){
		settle(pc);
		while((b = find(size, pc)) == nil)
			if(more(size, pc) < 0)
				return nil;
	}
	b->flags |= Fused;
	if(b->size - size >= Minsize){
		rest = (Block*)((uchar*)b + (usize)size*Unit);
		rest->word = summed(rest, b->size - size);	/* the next block knows it as free */
		b->size = size;
		insert(rest);
	}else
		tell(b, 0, pc);
	return b;
}

/* A block off its quick list; nil if it is empty. */
static inline Block*
quick(uint size, uintptr pc)
{
	Block *b;

	b = heap.quick[size];
	if(b == nil)
		return nil;
	check(b, pc);
	heap.quick[size] = b->next;
	heap.room += size;
	return b;
}

static void*
allocate(usize n, uintptr pc)
{
	Block *b;
	uint size;

	size = units(n);
	acquire();
	if(size < Nquick && (b = quick(size, pc)) != nil)
		b->flags = (b->flags & Fprev) | Fused;
	else if((b = carve(size, pc)) == nil){
		release();
		return nil;
	}
	b->tags = (uint)pc;
	limit(b, n);
	release();
	return PAYLOAD(b);
}

/* The block of a pointer that malloc returned; *skip is how far into its payload p is. */
static Block*
blockof(void *p, uintptr pc, uint *skip)
{
	Block *b;

	b = BLOCK(p);
	*skip = 0;
	if((b->flags & Falias) != 0 && sound(b)){
		*skip = b->size;
		b = BLOCK((uchar*)p - b->size);
	}else if((uintptr)p % Unit != 0)
		_heapbad("D2B called on non-block: not a pointer that malloc returned", p, pc);
	if(!sound(b))
		_heapbad("D2B called on non-block: not a pointer that malloc returned, or somebody wrote before it", p, pc);
	if((b->flags & Fused) == 0)
		_heapbad("D2B called on non-block (double-free?): this block is free already", p, pc);
	if(b->slack != 0 && PAYLOAD(b)[CAPACITY(b) - b->slack] != Guard)
		_heapbad("mem user overflow: somebody wrote behind the end of a block", p, pc);
	return b;
}

/* Into its quick list. */
static inline void
retire(Block *b, uvlong w)
{
	uint size;

	size = w;
	b->word = summed(b, (w & (0xFFFFFFFF|FLAG(Fprev))) | FLAG(Fquick));
	b->next = heap.quick[size];
	heap.quick[size] = b;
	heap.room -= size;
}

static void
discard(void *p, uintptr pc)
{
	Block *b;
	uint skip;

	acquire();
	b = blockof(p, pc, &skip);
	if(skip != 0)
		BLOCK(p)->sum = ~BLOCK(p)->sum;	/* the alias is no pointer any more */
	if(b->size < Nquick){
		retire(b, b->word);
		if(heap.room < 0)
			settle(pc);
	}else
		join(b, pc);
	release();
}

/* Of the caller: the tag of what is allocated, and who is named when the heap is damaged. */
#define PC ((uintptr)__builtin_return_address(0))

/* Never nil for want of a size: malloc(0) is a block.  nil: errstr says why. */
void*
malloc(ulong n)
{
	Block *b;
	uvlong w;
	uint size;

	/* what allocate does for small blocks, in a function that calls none */
	size = units(n);
	if(size >= Nquick || !canacquire())
		return allocate(n, PC);
	b = heap.quick[size];
	w = b != nil ? b->word : 0;
	if(b == nil || w != summed(b, w)){
		release();
		return allocate(n, PC);
	}
	heap.quick[size] = b->next;
	heap.room += size;
	b->tags = (uint)PC;
	size = size*Unit - HEADER - n;
	if(size != 0)
		PAYLOAD(b)[n] = Guard;
	b->word = summed(b, (w & (0xFFFFFFFF|FLAG(Fprev))) | FLAG(Fused) | (uvlong)size<<SLACK);
	release();
	return PAYLOAD(b);
}

void*
mallocz(ulong n, int clear)
{
	void *p;

	p = allocate(n, PC);
	if(p != nil && clear)
		memset(p, 0, n);
	return p;
}

void
free(void *p)
{
	Block *b;
	uvlong w;
	uint slack;

	if(p == nil)
		return;
	/* what discard does for small blocks in which nothing is wrong, in a function that calls none */
	b = BLOCK(p);
	if((uintptr)p % Unit == 0 && canacquire()){
		w = b->word;
		slack = w>>SLACK & 0xFF;
		if(w == summed(b, w) && (w & FLAG(Fused|Falias)) == FLAG(Fused)
		&& (uint)w < Nquick && heap.room >= (int)(uint)w
		&& (slack == 0 || PAYLOAD(b)[(uint)w*Unit - HEADER - slack] == Guard)){
			retire(b, w);
			release();
			return;
		}
		release();
	}
	discard(p, PC);
}

/* In place when the block is large enough or can grow into a free one behind it. */
static int
resize(Block *b, usize n, uintptr pc)
{
	Block *next;
	uint size;

	size = units(n);
	if(size > b->size){
		next = after(b);
		check(next, pc);
		if((next->flags & (Fused|Fquick|Fend)) != 0 || b->size + next->size < size)
			return 0;
		take(next, pc);
		next->sum = ~next->sum;
		b->size += next->size;
		if(b->size - size < Minsize)
			tell(b, 0, pc);
	}
	cut(b, size, pc);
	limit(b, n);
	return 1;
}

/* realloc(nil, n) is malloc; realloc(p, 0) is free, and nil. */
void*
realloc(void *p, ulong n)
{
	Block *b;
	void *q;
	uint skip;
	usize had;

	if(n == 0){
		if(p != nil)
			discard(p, PC);
		return nil;
	}
	if(p == nil){
		q = allocate(n, PC);
		if(q != nil)
			BLOCK(q)->retag = PC;
		return q;
	}
	acquire();
	b = blockof(p, PC, &skip);
	if(skip == 0 && resize(b, n, PC)){
		b->retag = PC;
		release();
		return p;
	}
	had = CAPACITY(b) - b->slack - skip;
	release();
	q = allocate(n, PC);
	if(q == nil)
		return nil;
	BLOCK(q)->tag = BLOCK(p)->tag;
	BLOCK(q)->retag = PC;
	memmove(q, p, had < n ? had : n);
	discard(p, PC);
	return q;
}

/* What may be used, which from now on is all that there is. */
ulong
msize(void *p)
{
	Block *b;
	uint skip;
	ulong n;

	acquire();
	b = blockof(p, PC, &skip);
	n = CAPACITY(b) - skip;
	b->slack = 0;
	seal(b);
	release();
	return n;
}

/*
 * A block at offset modulo align, which does not cross a multiple of span.  In
 * a larger one; if not at its beginning, behind a header that leads back there.
 */
void*
mallocalign(ulong n, ulong align, long offset, ulong span)
{
	Block *a;
	uchar *p, *q;
	usize room;

	if(span != 0 && n > span){
		werrstr("mallocalign: %ud bytes cross a multiple of %ud", n, span);
		return nil;
	}
	if(align == 0){
		align = 1;
		offset = 0;
	}
	offset = (offset%(vlong)align + align) % align;
	room = (usize)n + HEADER + align;
	if(span != 0)
		room += n + align;
	p = allocate(room, PC);
	if(p == nil)
		return nil;
	/* the first place that fits, at the beginning or behind a header */
	for(q = p; ; q = p + HEADER){
		q += (offset + align - (uintptr)q%align) % align;
		if(span != 0 && n > 0 && (uintptr)q/span != ((uintptr)q+n-1)/span){
			q += span - (uintptr)q%span;
			q += (offset + align - (uintptr)q%align) % align;
		}
		if(q == p || q >= p + HEADER)
			break;
	}
	if(q + n > p + room || (span != 0 && n > 0 && (uintptr)q/span != ((uintptr)q+n-1)/span)){
		discard(p, PC);
		werrstr("mallocalign: no place for %ud bytes at %d of %ud within %ud", n, offset, align, span);
		return nil;
	}
	acquire();
	if(q != p){
		a = BLOCK(q);
		a->size = q - p;
		a->flags = Fused|Falias;
		a->slack = 0;
		a->tag = PC;
		a->retag = 0;
		seal(a);
		resize(BLOCK(p), q + n - p, PC);
	}else{
		resize(BLOCK(p), n, PC);
		BLOCK(p)->tag = PC;
	}
	release();
	return q;
}
