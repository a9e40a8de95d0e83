#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"

/* Attached segments and code made at run time; facts/syscalls.md §5, observed-arm64.md, "NX and segflush". */
static char	badarg[] = "bad arg in system call";
static char	overlap[] = "segments overlap";
static char	novmem[] = "virtual memory allocation failed";

enum
{
	Page = 4096,
};

static int	data[2*Page/sizeof(int)] = {1};

static int
zero(char *p, usize n)
{
	for(; n > 0; n--)
		if(*p++ != 0)
			return 0;
	return 1;
}

static char*
stack(void)
{
	/* lowest address of the stack segment: 16 MB below the end of Tos */
	return (char*)(_tos+1) - 16*1024*1024;
}

static void
attach(void)
{
	char *a, *b, *c[6];
	int i;

	a = segattach(0, "shared", nil, 8192);
	ok(a == stack()-8192, "a segment without an address lies below the stack");
	ok(zero(a, 8192), "is zero");
	memset(a, 7, 8192);
	is(a[8191], 7, "and can be written");
	b = segattach(0, "memory", nil, 1);
	ok(b == a-Page, "the next one lies below it, rounded up to a page");
	ok(segattach(0, "shared", a+100, 10) == (void*)-1, "segments must not overlap");
	fails(-1, overlap, "and that is what it says");
	fails((vlong)segattach(0, "nonesuch", nil, Page), badarg, "an unknown class");
	fails((vlong)segattach(0, "shared", nil, 0), badarg, "no length");
	fails((vlong)segattach(0, "shared", (void*)(_tos+1), Page), badarg, "an address above the stack");
	fails((vlong)segattach(0, "shared", stack(), Page), overlap, "the stack is in the way");
	is(segdetach(b+10), 0, "segdetach of an address inside");
	fails(segdetach(b), badarg, "a second time");
	fails(segdetach(stack()), badarg, "of the stack");
	for(i = 0; i < 5; i++)
		if((c[i] = segattach(0, "memory", nil, Page)) == (void*)-1)
			break;
	is(i, 4, "five can be attached");
	fails(-1, novmem, "a sixth cannot");
	while(--i >= 0)
		segdetach(c[i]);
	b = segattach(0, "shared", (void*)0x40000123, 1);
	is((uintptr)b, 0x40000000, "an address is rounded down to a page");
	is((uintptr)segbrk(b+5, b+3*Page+1), 0, "segbrk grows it");
	b[4*Page-1] = 9;
	is(b[4*Page-1], 9, "up to a page");
	is((uintptr)segbrk(b, nil), (uintptr)b, "segbrk to nil gives its base");
	fails((vlong)segbrk(b, b-1), novmem, "it cannot end before it begins");
	fails((vlong)segbrk(data, data), badarg, "segbrk of data");
	fails((vlong)segbrk(stack(), stack()), badarg, "of the stack");
	fails((vlong)segbrk(b+4*Page, b), badarg, "of what is behind");
	is((uintptr)segbrk(b, b+Page), 0, "it shrinks");
	is((uintptr)segbrk(b, b+4*Page), 0, "and grows again");
	ok(zero(b+Page, 3*Page), "by zeros");
	is((uintptr)segbrk(b, b), 0, "to nothing");
	fails((vlong)segbrk(b, b+Page), badarg, "then it is not found any more");
	is(segdetach(b), 0, "but can be detached");
	is(segdetach(a), 0, "the first one, too");
}

static void
release(void)
{
	char *a;

	a = segattach(0, "memory", nil, 4*Page);
	memset(a, 5, 4*Page);
	is(segfree(a+1, 2*Page), 0, "segfree");
	ok(a[Page-1] == 5 && zero(a+Page, Page) && a[2*Page] == 5, "frees the whole pages in it");
	is(segfree(a+1, Page), 0, "none is no error");
	is(a[1], 5, "and frees none");
	is(segfree(a+3*Page, 2*Page-1), 0, "the end is rounded down first");
	ok(zero(a+3*Page, Page), "and the page is freed");
	fails(segfree(a, 5*Page), badarg, "beyond the end");
	fails(segfree(nil, Page), badarg, "nothing there");
	segdetach(a);
}

/* A function that returns 42 (or 43). */
static int
make(void *p, int value)
{
#ifdef __x86_64__
	uchar code[] = {0xb8, value, 0, 0, 0, 0xc3};
#else
	u32int code[] = {0x52800000 | value<<5, 0xd65f03c0};
#endif
	memmove(p, code, sizeof code);
	return sizeof code;
}

static void
flush(void)
{
	int (*f)(void);
	char *a;
	int n;

	a = segattach(0, "memory", (void*)0x50000000, 2*Page);
	n = make(a+Page+64, 42);
	is(segflush(a, 1), 0, "segflush of another page of the segment");
	f = (int(*)(void))(a+Page+64);
	is(f(), 42, "what was written there can be executed");
	make(f, 43);
	is(segflush(f, n), 0, "segflush of new code");
	is(f(), 43, "the new code is executed");
	make(data, 44);
	is(segflush(data, 8), 0, "segflush of data");
	f = (int(*)(void))data;
	is(f(), 44, "makes it executable");
	is(segflush(a, 0), 0, "no length");
	fails(segflush(a, 3*Page), badarg, "beyond the end");
	fails(segflush((void*)0x10, 4), badarg, "nothing there");
	segdetach(a);
}

void
main(int argc, char *argv[])
{
	USED(argc, argv);
	attach();
	release();
	flush();
	done();
}
