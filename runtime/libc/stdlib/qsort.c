#include <u.h>
#include <libc.h>

/*
 * Quicksort around the median of three, or of three such medians; short
 * pieces by insertion; by heap where too many cuts were bad, so that it never
 * takes more than n log n steps.  Not stable.
 */
typedef struct Sort Sort;
struct Sort
{
	int	(*cmp)(void*, void*);
	usize	size;
	int	words;	/* elements are whole and aligned vlongs */
};

enum
{
	Short = 8,
	Ninther = 64,
};

static inline void
swap(Sort *s, char *a, char *b)
{
	usize n;
	vlong v;
	char c;

	if(s->words){
		for(n = s->size; n > 0; n -= sizeof v){
			v = *(vlong*)a;
			*(vlong*)a = *(vlong*)b;
			*(vlong*)b = v;
			a += sizeof v;
			b += sizeof v;
		}
		return;
	}
	for(n = s->size; n > 0; n--){
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

static char*
median(Sort *s, char *a, char *b, char *c)
{
	if(s->cmp(a, b) < 0){
		if(s->cmp(b, c) < 0)
			return b;
		return s->cmp(a, c) < 0 ? c : a;
	}
	if(s->cmp(b, c) > 0)
		return b;
	return s->cmp(a, c) > 0 ? c : a;
}

static void
insertion(Sort *s, char *a, usize n)
{
	char *p, *q, *end;
	vlong v;

	end = a + n*s->size;
	for(p = a + s->size; p < end; p += s->size){
		if(s->words && s->size == sizeof v){
			if(s->cmp(p - sizeof v, p) <= 0)
				continue;
			/* the hole moves down, and what is out of it is compared from a copy */
			v = *(vlong*)p;
			q = p;
			do{
				*(vlong*)q = *(vlong*)(q - sizeof v);
				q -= sizeof v;
			}while(q > a && s->cmp(q - sizeof v, &v) > 0);
			*(vlong*)q = v;
			continue;
		}
		for(q = p; q > a && s->cmp(q - s->size, q) > 0; q -= s->size)
			swap(s, q - s->size, q);
	}
}

static void
sink(Sort *s, char *a, usize i, usize n)
{
	usize child;

	while((child = 2*i + 1) < n){
		if(child+1 < n && s->cmp(a + child*s->size, a + (child+1)*s->size) < 0)
			child++;
		if(s->cmp(a + i*s->size, a + child*s->size) >= 0)
			break;
		swap(s, a + i*s->size, a + child*s->size);
		i = child;
	}
}

static void
heapsort(Sort *s, char *a, usize n)
{
	usize i;

	for(i = n/2; i-- > 0;)
		sink(s, a, i, n);
	while(n-- > 1){
		swap(s, a, a + n*s->size);
		sink(s, a, 0, n);
	}
}

static void
sort(Sort *s, char *a, usize n, int cuts)
{
	char *m, *p, *q, *last;
	usize step, left;

	while(n > Short){
		if(cuts-- == 0){
			heapsort(s, a, n);
			return;
		}
		last = a + (n-1)*s->size;
		m = a + n/2*s->size;
		if(n >= Ninther){
			step = n/8*s->size;
			m = median(s, median(s, a, a+step, a+2*step), median(s, m-step, m, m+step),
				median(s, last-2*step, last-step, last));
		}else
			m = median(s, a, m, last);
		/* the pivot goes to the front; equals stop both scans, which halves runs of them */
		swap(s, a, m);
		p = a;
		q = last + s->size;
		for(;;){
			do
				p += s->size;
			while(p <= last && s->cmp(p, a) < 0);
			do
				q -= s->size;
			while(s->cmp(a, q) < 0);
			if(p >= q)
				break;
			swap(s, p, q);
		}
		swap(s, a, q);
		left = (q - a)/s->size;
		if(left < n-left-1){
			sort(s, a, left, cuts);
			a = q + s->size;
			n -= left+1;
		}else{
			sort(s, q + s->size, n-left-1, cuts);
			n = left;
		}
	}
	insertion(s, a, n);
}

void
qsort(void *a, usize n, usize size, int (*cmp)(void*, void*))
{
	Sort s;
	int cuts;

	if(n < 2 || size == 0)
		return;
	s.cmp = cmp;
	s.size = size;
	s.words = ((uintptr)a | size) % sizeof(vlong) == 0;
	cuts = 2*(64 - __builtin_clzll(n));
	sort(&s, a, n, cuts);
}
