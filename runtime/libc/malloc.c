#include <u.h>
#include <libc.h>

/*
 * First fit over a circular list of free blocks in address order, neighbours
 * joined on free.  Blocks are counted in headers of 16 bytes, which is the
 * alignment of what malloc returns.  Memory is not cleared.
 */
typedef struct Header Header;
struct Header
{
	Header	*next;
	usize	size;	/* in headers, this one included */
};

enum
{
	Grow = 64*1024/sizeof(Header),
};

static Header base = {&base, 0};
static Header *freep = &base;

void
free(void *v)
{
	Header *b, *p;

	if(v == nil)
		return;
	b = (Header*)v - 1;
	for(p = freep; b <= p || b >= p->next; p = p->next)
		if(p >= p->next && (b > p || b < p->next))
			break;
	if(b+b->size == p->next){
		b->size += p->next->size;
		b->next = p->next->next;
	}else
		b->next = p->next;
	if(p+p->size == b){
		p->size += b->size;
		p->next = b->next;
	}else
		p->next = b;
	freep = p;
}

static int
more(usize size)
{
	Header *h;
	char *p;

	if(size < Grow)
		size = Grow;
	p = sbrk((size+1)*sizeof(Header));
	if(p == (void*)-1)
		return -1;
	h = (Header*)(((uintptr)p+sizeof(Header)-1) & ~(uintptr)(sizeof(Header)-1));
	h->size = size;
	free(h+1);
	return 0;
}

/* Never nil for want of a size: malloc(0) is a block.  nil: errstr says why. */
void*
malloc(ulong n)
{
	Header *p, *q;
	usize size;

	size = ((usize)n+sizeof(Header)-1)/sizeof(Header) + 1;
	q = freep;
	for(p = q->next;; q = p, p = p->next){
		if(p->size >= size){
			if(p->size == size)
				q->next = p->next;
			else{
				p->size -= size;
				p += p->size;
				p->size = size;
			}
			freep = q;
			return p+1;
		}
		if(p == freep){
			if(more(size) < 0)
				return nil;
			p = freep;
		}
	}
}
