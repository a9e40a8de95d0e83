#include "bench.h"

/* The system's side on Linux, and entry code; see bench.h.  No C library. */

#if defined(__x86_64__)
enum { Write = 1, Lseek = 8, Exit = 60, Getppid = 110, Openat = 257 };

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
#elif defined(__aarch64__)
enum { Openat = 56, Lseek = 62, Write = 64, Exit = 93, Getppid = 173 };

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
#else
#error "no Linux side for this machine"
#endif

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
		fd = call(Openat, -100, (int64_t)"/dev/zero", 0);
	return call(Lseek, fd, 0, 1);
}
