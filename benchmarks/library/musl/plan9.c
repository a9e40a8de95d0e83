#include "../library.h"
#undef memset

/*
 * musl's system calls on Plan 9, as far as the functions need them that are
 * measured.  The numbers are those of musl's machine, given by harness/musl.py.
 * Memory that Linux would map comes from one large segment, which is
 * touched page by page, and is used again by its length.
 */
enum
{
	Page = 4096,
	Arena = 512*1024*1024,
	Enomem = -12,
	Enosys = -38,
	Enotty = -25,
};

typedef struct Iovec Iovec;
struct Iovec
{
	char	*base;
	usize	n;
};

typedef struct Area Area;
struct Area
{
	Area	*next;
	usize	n;
};
static Area *unmapped;
static char *arena, *arenaend;

static char *breakat;

static vlong
setbreak(vlong to)
{
	if(breakat == nil)
		breakat = (char*)(((uintptr)sbrk(0) + Page-1) & ~(uintptr)(Page-1));
	if(to > (vlong)breakat && brk((void*)to) >= 0)
		breakat = (char*)to;
	return (vlong)breakat;
}

static vlong
map(usize n)
{
	Area **l, *a;
	char *p;

	n = (n + Page-1) & ~(usize)(Page-1);
	for(l = &unmapped; (a = *l) != nil; l = &a->next)
		if(a->n == n){
			*l = a->next;
			memset(a, 0, n);
			return (vlong)a;
		}
	if(arena == nil){
		arena = segattach(0, "memory", nil, Arena);
		if(arena == (void*)-1)
			sysfatal("no memory for musl: %r");
		arenaend = arena + Arena;
	}
	if(n > arenaend - arena)
		return Enomem;
	p = arena;
	arena += n;
	return (vlong)p;
}

static vlong
unmap(void *p, usize n)
{
	Area *a;

	a = p;
	a->n = (n + Page-1) & ~(usize)(Page-1);
	a->next = unmapped;
	unmapped = a;
	return 0;
}

vlong
elf9_syscall(vlong number, vlong a, vlong b, vlong c, vlong d, vlong e, vlong f)
{
	Iovec *v;
	vlong n, sum;

	USED(d);
	USED(e);
	USED(f);
	switch(number){
	case SYS_brk:
		return setbreak(a);
	case SYS_mmap:
		return map(b);
	case SYS_munmap:
		return unmap((void*)a, b);
	case SYS_madvise:
	case SYS_mprotect:
		return 0;
	case SYS_mremap:
		return Enomem;	/* as when pages cannot move: musl allocates, copies and frees */
	case SYS_ioctl:
		return Enotty;
	case SYS_readv:
	case SYS_writev:
		sum = 0;
		for(v = (Iovec*)b; c > 0; v++, c--){
			if(v->n == 0)
				continue;
			n = number == SYS_readv ? streamread(v->base, v->n) : streamwrite(v->base, v->n);
			sum += n;
			if(n < v->n)
				break;
		}
		return sum;
	case SYS_read:
		return streamread((void*)b, c);
	case SYS_write:
		return streamwrite((void*)b, c);
	}
	sysfatal("musl's system call %lld is not on Plan 9", number);
	return Enosys;
}
