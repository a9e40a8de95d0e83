#include "bench.h"

/* The system's side on Linux, and entry code; see bench.h.  No C library. */

#if defined(__x86_64__)
enum {
	Read = 0,
	Write = 1,
	Close = 3,
	Lseek = 8,
	Mmap = 9,
	Clone = 56,
	Execve = 59,
	Exit = 60,
	Wait4 = 61,
	Getppid = 110,
	Futex = 202,
	Setaffinity = 203,
	Openat = 257,
	Pipe2 = 293,
	Getcpu = 309,
};

__asm__(
	".globl _start\n"
	"_start:\n"
	"	xor	%ebp, %ebp\n"
	"	mov	(%rsp), %edi\n"
	"	lea	8(%rsp), %rsi\n"
	"	and	$-16, %rsp\n"
	"	call	begin\n"
);

static int64_t
call(int64_t number, int64_t a, int64_t b, int64_t c)
{
	int64_t r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

static int64_t
call6(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
	register int64_t r10 __asm__("r10") = d;
	register int64_t r8 __asm__("r8") = e;
	register int64_t r9 __asm__("r9") = f;
	int64_t r;

	__asm__ volatile("syscall" : "=a"(r)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
enum {
	Openat = 56,
	Close = 57,
	Pipe2 = 59,
	Lseek = 62,
	Read = 63,
	Write = 64,
	Exit = 93,
	Futex = 98,
	Setaffinity = 122,
	Getcpu = 168,
	Getppid = 173,
	Clone = 220,
	Execve = 221,
	Mmap = 222,
	Wait4 = 260,
};

__asm__(
	".globl _start\n"
	"_start:\n"
	"	ldr	w0, [sp]\n"
	"	add	x1, sp, #8\n"
	"	bl	begin\n"
);

static int64_t
call(int64_t number, int64_t a, int64_t b, int64_t c)
{
	register int64_t x8 __asm__("x8") = number;
	register int64_t x0 __asm__("x0") = a;
	register int64_t x1 __asm__("x1") = b;
	register int64_t x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

static int64_t
call6(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
	register int64_t x8 __asm__("x8") = number;
	register int64_t x0 __asm__("x0") = a;
	register int64_t x1 __asm__("x1") = b;
	register int64_t x2 __asm__("x2") = c;
	register int64_t x3 __asm__("x3") = d;
	register int64_t x4 __asm__("x4") = e;
	register int64_t x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#else
#error "no Linux side for this machine"
#endif

enum {
	Here = -100,	/* AT_FDCWD */
	Sigchld = 17,
	Readwrite = 3,	/* PROT_READ|PROT_WRITE */
	Shared = 0x21,	/* MAP_SHARED|MAP_ANONYMOUS */
	Own = 0x4022,	/* MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE */
	Futexwait = 0,
	Futexwake = 1,
};

extern	int	main(int, char**);
extern	_Noreturn void	begin(int, char**);

_Noreturn void
begin(int argc, char **argv)
{
	int64_t status;

	status = main(argc, argv);
	for(;;)
		call(Exit, status, 0, 0);
}

void
emit(const char *text, uint32_t n)
{
	call(Write, 1, (int64_t)text, n);
}

__attribute__((noinline)) int64_t
callnothing(void)
{
	__asm__ volatile("");
	return 0;
}

int64_t
callnumber(void)
{
	return call(Getppid, 0, 0, 0);
}

int64_t
callseek(void)
{
	static int64_t fd = -1;

	if(fd < 0)
		fd = call(Openat, Here, (int64_t)"/dev/zero", 0);
	return call(Lseek, fd, 0, 1);
}

int64_t
callopen(const char *file)
{
	return call(Openat, Here, (int64_t)file, 0);
}

int64_t
callread(int32_t fd, void *to, uint32_t n)
{
	return call(Read, fd, (int64_t)to, n);
}

int64_t
callwrite(int32_t fd, const void *from, uint32_t n)
{
	return call(Write, fd, (int64_t)from, n);
}

int64_t
callclose(int32_t fd)
{
	return call(Close, fd, 0, 0);
}

int64_t
callpipe(int32_t *fd)
{
	return call(Pipe2, (int64_t)fd, 0, 0);
}

int64_t
callfork(void)
{
	return call6(Clone, Sigchld, 0, 0, 0, 0, 0);
}

int64_t
callexec(char **argv)
{
	return call(Execve, (int64_t)argv[0], (int64_t)argv, 0);
}

int64_t
callwait(void)
{
	return call6(Wait4, -1, 0, 0, 0, 0, 0);
}

void
callexit(void)
{
	for(;;)
		call(Exit, 0, 0, 0);
}

void*
callmemory(uint64_t n)
{
	int64_t start;

	start = call6(Mmap, 0, (int64_t)n, Readwrite, Own, -1, 0);
	return start < 0 && start > -4096? NULL: (void*)start;
}

void
onecpu(void)
{
	uint64_t mask[16] = { 0 };
	uint32_t cpu;

	cpu = 0;
	call(Getcpu, (int64_t)&cpu, 0, 0);
	mask[cpu/64 % 16] = (uint64_t)1 << cpu%64;
	call(Setaffinity, 0, sizeof mask, (int64_t)mask);
}

/* Whose turn it is stands in a futex; to pass it on wakes the other, and waits. */
uint64_t
alternate(uint32_t n)
{
	volatile int32_t *turn;
	int32_t me;
	uint32_t i;

	turn = (volatile int32_t*)call6(Mmap, 0, 4096, Readwrite, Shared, -1, 0);
	*turn = 0;
	me = callfork() == 0;
	for(i = 0; i < n; i++){
		if((int32_t)(i & 1) == me){
			*turn = !me;
			call6(Futex, (int64_t)turn, Futexwake, 1, 0, 0, 0);
		}else
			while(*turn != me)
				call6(Futex, (int64_t)turn, Futexwait, !me, 0, 0, 0);
	}
	if(me)
		callexit();
	callwait();
	return n;
}
