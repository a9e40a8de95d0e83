#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>

enum
{
	Round = 7,
};

static char *cur = __bss_end;
static Lock lk;

/* The lock is held: processes that share memory share the break as well. */
static int
move(uintptr addr)
{
	if(brk_((void*)addr) < 0)
		return -1;
	cur = (char*)addr;
	return 0;
}

int
brk(void *p)
{
	int r;

	lock(&lk);
	r = move(((uintptr)p + Round) & ~(uintptr)Round);
	unlock(&lk);
	return r;
}

/* n bytes more, in multiples of 8; where they begin. */
void*
sbrk(usize n)
{
	uintptr addr;

	lock(&lk);
	addr = ((uintptr)cur + Round) & ~(uintptr)Round;
	if(n != 0 && move((addr+n+Round) & ~(uintptr)Round) < 0)
		addr = -1;
	unlock(&lk);
	return (void*)addr;
}
