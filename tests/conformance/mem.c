#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"

/* Text, data, bss, break; facts/exec.md §4, syscalls.md §5. */
extern char	etext[], edata[], end[];

enum
{
	Page = 4096,
	Mega = 1024*1024,
};

static int data = 12345;
static char array[3*Page] = "start";	/* more than one page of data */
static char bss[3*Page];

static int
zero(char *p, usize n)
{
	for(; n > 0; n--)
		if(*p++ != 0)
			return 0;
	return 1;
}

static uintptr
up(void *p, uintptr to)
{
	return ((uintptr)p + to-1) & ~(to-1);
}

static void
image(void)
{
#ifdef __x86_64__
	uintptr base = 0x200000, align = 0x200000;
#else
	uintptr base = 0x10000, align = 0x10000;
#endif
	ok((uintptr)zero > base && (char*)zero < etext, "a function is in text");
	ok((uintptr)&data >= up(etext, align) && (char*)&data < edata, "data is where text ends, rounded up");
	is(data, 12345, "data has its values");
	ok(strcmp(array, "start") == 0 && zero(array+5, sizeof array-5), "on every page");
	data = 1;
	array[sizeof array-1] = 1;
	ok(data == 1 && array[sizeof array-1] == 1, "data can be written");
	ok(zero(bss, sizeof bss), "bss is zero");
	memset(bss, 1, sizeof bss);
	ok(bss[0] == 1 && bss[sizeof bss-1] == 1, "bss can be written");
	ok(zero(end, up(end, Page)-(uintptr)end), "the rest of its last page is zero");
	ok(zero(etext, up(etext, Page)-(uintptr)etext), "the rest of text's last page is zero");
	ok(((volatile char*)up(etext, align))[-1] == 0, "text reaches to data");
	/* an ELF or an a.out of ours begins with its header */
	ok(memcmp((char*)base, "\177ELF", 4) == 0 || memcmp((char*)base, "\0\0", 2) == 0, "the header is in text");
}

static void
breaks(void)
{
	char *base, *p;
	int i;

	base = (char*)syscall(SYS_brk_, nil);
	is((uintptr)base, up(edata, Page), "brk_ of nil is the page after data");
	p = (char*)up(end, Page);
	is(brk_(p+10*Mega), 0, "brk_ grows");
	ok(zero(p, Mega) && zero(p+9*Mega, Mega), "by zeros");
	for(i = 0; i < 10; i++)
		p[i*Mega] = i+1;
	for(i = 0; i < 10; i++)
		if(p[i*Mega] != i+1)
			break;
	is(i, 10, "that can be written");
	is(brk_(p+1), 0, "brk_ rounds up");
	p[Page-1] = 7;
	is(p[0], 1, "what is left stays");
	is(brk_(p), 0, "brk_ shrinks");
	is(brk_(p+Mega), 0, "and grows again");
	ok(zero(p, Page), "with new zeros");
	is((uintptr)syscall(SYS_brk_, nil), (uintptr)base, "the base is where it was");
	is(brk_(p+((vlong)4<<30)), 0, "4 GB can be asked for");
	p[((vlong)3<<30)+5] = 1;
	is(p[((vlong)3<<30)+5], 1, "and touched");
	is(brk_(p), 0, "and given back");
	p = sbrk(0);
	ok(p == sbrk(100) && sbrk(0) >= (void*)(p+100), "sbrk");
	is(brk(p), 0, "brk");
	ok(sbrk(0) == p, "sets what sbrk starts from");
}

void
main(void)
{
	image();
	breaks();
	done();
}
