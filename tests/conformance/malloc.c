#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/* malloc: what it promises, what it finds out, and processes that share its memory. */
enum
{
	Nslot = 64,
	Nproc = 4,
	Rounds = 1500,
};

static void
basics(void)
{
	uchar *p, *q;
	ulong n;
	int i, aligned, distinct;

	p = malloc(0);
	q = malloc(0);
	ok(p != nil && q != nil && p != q, "malloc(0) is a block of its own");
	free(p);
	free(q);
	free(nil);
	aligned = distinct = 1;
	for(i = 0; i < 600; i += 7){
		p = malloc(i);
		q = malloc(i);
		memset(p, 1, i);
		memset(q, 2, i);
		aligned &= (uintptr)p%16 == 0 && (uintptr)q%16 == 0;
		distinct &= i == 0 || (p[0] == 1 && p[i-1] == 1 && q[0] == 2 && q[i-1] == 2);
		free(i%2 ? p : q);
		free(i%2 ? q : p);
	}
	ok(aligned, "blocks begin at multiples of 16");
	ok(distinct, "blocks do not overlap");
	p = malloc(100);
	memset(p, 0xff, 100);
	free(p);
	p = mallocz(100, 1);
	for(i = 0; i < 100 && p[i] == 0; i++)
		;
	is(i, 100, "mallocz clears");
	n = msize(p);
	ok(n >= 100 && n < 200, "msize is what was asked for, or some more");
	memset(p, 7, n);
	free(p);
	p = calloc(10, 20);
	for(i = 0; i < 200 && p[i] == 0; i++)
		;
	is(i, 200, "calloc clears");
	free(p);
	ok(calloc(1<<17, 1<<17) == nil, "calloc of more than 32 bits is nil");
}

static void
resizes(void)
{
	uchar *p, *q;
	int i, n, good;

	p = realloc(nil, 10);
	ok(p != nil, "realloc(nil, n) is malloc");
	ok(realloc(p, 0) == nil, "realloc(p, 0) is free, and nil");
	ok(realloc(nil, 0) == nil, "realloc(nil, 0) is nil");
	p = malloc(1);
	p[0] = 0;
	good = 1;
	for(n = 1; n < 100000; n += n/2 + 1){
		p = realloc(p, n + n/2 + 1);
		for(i = 0; i < n; i++)
			good &= p[i] == (uchar)i;
		for(; i < n + n/2 + 1; i++)
			p[i] = i;
	}
	ok(good, "realloc keeps the contents as a block grows");
	for(; n > 3; n /= 3){
		p = realloc(p, n);
		for(i = 0; i < n; i++)
			good &= p[i] == (uchar)i;
	}
	ok(good, "and as it shrinks");
	q = realloc(p, 4);
	ok(q == p, "a block that is large enough stays where it is");
	free(q);
}

static void
aligned(void)
{
	uchar *p[200];
	ulong align, n;
	long offset;
	int i, good;

	good = 1;
	srand(7);
	for(i = 0; i < nelem(p); i++){
		align = 1 << nrand(13);
		offset = nrand(align) - nrand(align);
		n = nrand(3000);
		p[i] = mallocalign(n, align, offset, 0);
		memset(p[i], i, n);
		good &= ((uintptr)p[i] - offset)%align == 0;
	}
	ok(good, "mallocalign: equal to offset modulo align");
	for(i = 0; i < nelem(p); i++)
		free(p[i]);
	for(i = 0; i < nelem(p); i++){
		n = 1 + nrand(512);
		p[i] = mallocalign(n, 8, 0, 512);
		memset(p[i], i, n);
		good &= (uintptr)p[i]/512 == ((uintptr)p[i]+n-1)/512;
	}
	ok(good, "mallocalign: does not cross a multiple of span");
	for(i = 0; i < nelem(p); i++){
		p[i] = realloc(p[i], 600);
		good &= p[i][0] == (uchar)i;
		free(p[i]);
	}
	ok(good, "realloc of what mallocalign made");
	ok(mallocalign(100, 8, 0, 64) == nil, "mallocalign: nothing is longer than span");
}

static void
tags(void)
{
	char *p;

	p = malloc(10);
	ok(getmalloctag(p) != 0, "malloc's tag is the caller");
	is(getrealloctag(p), 0, "realloc's is none");
	setmalloctag(p, 0x1234);
	setrealloctag(p, 0x5678);
	ok(getmalloctag(p) == 0x1234 && getrealloctag(p) == 0x5678, "tags are kept");
	p = realloc(p, 10000);
	ok(getmalloctag(p) == 0x1234 && getrealloctag(p) != 0x5678, "realloc says its caller, and keeps malloc's");
	free(p);
}

static void
twice(void)
{
	char *p;

	p = malloc(40);
	free(p);
	free(p);
}

static void
twicelarge(void)
{
	char *p, *q;

	p = malloc(4000);
	q = malloc(4000);
	free(p);
	free(q);
	free(p);
}

static void
behind(void)
{
	char *p;

	p = malloc(21);
	p[21] = '\0';
	free(p);
}

static void
farbehind(void)
{
	char *p;

	p = malloc(32);
	memset(p, 0, 64);
	free(p);
	malloc(10000);
	malloc(0);
	free(malloc(5000));
	free(p);
}

static void
inside(void)
{
	char *p;

	p = mallocz(64, 1);
	free(p+16);
}

static void
odd(void)
{
	char *p;

	p = malloc(64);
	free(p+1);
}

static void
stack(void)
{
	char buf[64];

	memset(buf, 0, sizeof buf);
	free(buf+32);
}

static void
elsewhere(void)
{
	putenv("MALLOCFD", "1");
	close(1);
	if(create("/tmp/conf.said", OWRITE, 0666) != 1)
		_exits("no /tmp/conf.said on descriptor 1");
	twice();
}

static void
damage(void)
{
	static char fault[] = "suicide: sys: trap: fault read addr=0x0 pc=*";
	static struct
	{
		void	(*f)(void);
		char	*said;
		char	*name;
	} ways[] =
	{
		{twice, "D2B called on non-block (double-free?): this block is free already: 0x*, called from 0x*", "a block is freed twice"},
		{twicelarge, "*: 0x*, called from 0x*", "a large block is freed twice"},
		{behind, "mem user overflow: somebody wrote behind the end of a block: 0x*, called from 0x*", "a byte behind the end"},
		{farbehind, "*: 0x*, called from 0x*", "the next block is written over"},
		{inside, "D2B called on non-block: not a pointer that malloc returned*", "free of the middle of a block"},
		{odd, "D2B called on non-block: not a pointer that malloc returned*", "free of an odd address"},
		{stack, "D2B called on non-block: not a pointer that malloc returned*", "free of something on the stack"},
	};
	char said[256];
	int i;

	for(i = 0; i < nelem(ways); i++){
		snprint(said, sizeof said, "%s | %s", ways[i].said, fault);
		dies(ways[i].f, said, "sys: trap: fault read addr=0x0 pc=*", ways[i].name);
	}
	dies(elsewhere, fault, "sys: trap: fault read addr=0x0 pc=*", "and says it to $MALLOCFD");
	remove("/env/MALLOCFD");
	i = open("/tmp/conf.said", OREAD);
	memset(said, 0, sizeof said);
	read(i, said, sizeof said - 1);
	close(i);
	remove("/tmp/conf.said");
	ok(strstr(said, "(double-free?)") != nil, "where it can be read");
}

static void
space(void)
{
	char *begin, *p[100];
	int i, round;

	free(malloc(1000000));
	begin = sbrk(0);
	for(round = 0; round < 50; round++){
		for(i = 0; i < nelem(p); i++)
			p[i] = malloc(1 + (i*37 + round*101)%5000);
		for(i = 0; i < nelem(p); i++)
			free(p[(i*7)%nelem(p)]);
	}
	is((char*)sbrk(0) - begin, 0, "what is freed is used again");
	ok(malloc(900000) != nil && sbrk(0) == begin, "and is one again");
}

/* A block in a slot: whoever takes it out checks and frees it. */
typedef struct Box Box;
struct Box
{
	ulong	size;
	uchar	fill;
	uchar	data[];
};

static Box *slots[Nslot];
static long bad, finished;

static Box*
newbox(int fill)
{
	Box *b;
	ulong n;

	n = nrand(4) != 0 ? nrand(300) : nrand(9000);
	b = nrand(8) != 0 ? malloc(sizeof *b + n) : mallocalign(sizeof *b + n, 64, 0, 0);
	b->size = n;
	b->fill = fill;
	memset(b->data, fill, n);
	return b;
}

static void
check(Box *b)
{
	ulong i;

	for(i = 0; i < b->size; i++)
		if(b->data[i] != b->fill){
			ainc(&bad);
			return;
		}
}

static void
trade(int me)
{
	Box *b;
	ulong n;
	int i;

	for(i = 0; i < Rounds; i++){
		b = __atomic_exchange_n(&slots[nrand(Nslot)], newbox(me*31+i), __ATOMIC_SEQ_CST);
		if(b == nil)
			continue;
		check(b);
		if(nrand(3) == 0){
			n = nrand(2000);
			b = realloc(b, sizeof *b + n);
			if(n > b->size)
				memset(b->data + b->size, b->fill, n - b->size);
			b->size = n;
			check(b);
		}
		free(b);
		if(i%100 == 0){
			memset(sbrk(24), 0xee, 24);	/* the heap has holes that are not its own */
			sleep(0);
		}
	}
	ainc(&finished);
}

static void
share(void)
{
	int i, me;

	for(me = 1; me < Nproc; me++)
		if(rfork(RFPROC|RFMEM|RFFDG|RFREND) == 0){
			trade(me);
			_exits(nil);
		}
	trade(0);
	while(waitpid() >= 0)
		;
	is(finished, Nproc, "processes that share memory allocate at the same time");
	is(bad, 0, "what one allocates and another one frees stays whole");
	for(i = 0; i < Nslot; i++)
		if(slots[i] != nil){
			check(slots[i]);
			free(slots[i]);
		}
	is(bad, 0, "and what is left as well");
}

static char *areas[Nproc][50];

static void
grow(int me)
{
	int i;

	for(i = 0; i < nelem(areas[me]); i++){
		areas[me][i] = sbrk(40);
		memset(areas[me][i], me, 40);
		sleep(0);
	}
	_exits(nil);
}

static void
breaks(void)
{
	int i, j, me, good;

	for(me = 0; me < Nproc; me++)
		if(rfork(RFPROC|RFMEM|RFFDG|RFREND) == 0)
			grow(me);
	while(waitpid() >= 0)
		;
	good = 1;
	for(me = 0; me < Nproc; me++)
		for(i = 0; i < nelem(areas[me]); i++)
			for(j = 0; j < 40; j++)
				good &= areas[me][i][j] == me;
	ok(good, "sbrk gives each process memory of its own");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	basics();
	resizes();
	aligned();
	tags();
	space();
	damage();
	share();
	breaks();
	done();
}
