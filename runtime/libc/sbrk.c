#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>

enum
{
	Round = 7,
};

static char *cur = __bss_end;

int
brk(void *p)
{
	uintptr addr;

	addr = ((uintptr)p + Round) & ~(uintptr)Round;
	if(brk_((void*)addr) < 0)
		return -1;
	cur = (char*)addr;
	return 0;
}

void*
sbrk(usize n)
{
	uintptr addr;

	addr = ((uintptr)cur + Round) & ~(uintptr)Round;
	if(n != 0 && brk((void*)(addr+n)) < 0)
		return (void*)-1;
	return (void*)addr;
}
