/* In place of musl's own: its system calls are calls of a function, which is plan9.c's. */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

extern long elf9_syscall(long, long, long, long, long, long, long);

static inline long
__syscall0(long n)
{
	return elf9_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long
__syscall1(long n, long a)
{
	return elf9_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long
__syscall2(long n, long a, long b)
{
	return elf9_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long
__syscall3(long n, long a, long b, long c)
{
	return elf9_syscall(n, a, b, c, 0, 0, 0);
}

static inline long
__syscall4(long n, long a, long b, long c, long d)
{
	return elf9_syscall(n, a, b, c, d, 0, 0);
}

static inline long
__syscall5(long n, long a, long b, long c, long d, long e)
{
	return elf9_syscall(n, a, b, c, d, e, 0);
}

static inline long
__syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	return elf9_syscall(n, a, b, c, d, e, f);
}

#define IPC_64 0
