#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"

/* Registers across a system call; facts/abi.md §2, observed-amd64.md §b, observed-arm64.md §b. */
extern void	rawcall(uvlong, uvlong*, uvlong);
extern vlong	callat(uvlong, uvlong);
extern int	monitor(uvlong, int*);
extern uvlong	afterregs[], afterstack[], aftersse[], somesse[];
extern uvlong	wantpc, wantsp;

typedef struct Call Call;
struct Call
{
	char	*name;
	int	number;
	uvlong	args[5];
	vlong	result;	/* Any: do not look */
};

enum
{
	Any = 12345,
};

static char buf[128];
static char *call;	/* in the case's name */

static void
check(int good, char *what)
{
	char name[80];

	snprint(name, sizeof name, "%s: %s", call, what);
	ok(good, name);
}

static void
checkis(uvlong got, uvlong want, char *what)
{
	char name[80];

	snprint(name, sizeof name, "%s: %s", call, what);
	is(got, want, name);
}

static uvlong
pattern(int n)
{
	return (uvlong)0xc0de << 48 | n;
}

#ifdef __x86_64__

enum
{
	Rax, Rbx, Rcx, Rdx, Rsi, Rdi, Rbp, Rsp, R8, R9, R10, R11, R12, R13, R14, R15, Rflags,

	/* carry parity adjust zero sign direction overflow align-check id */
	Flags = 1<<0 | 1<<2 | 1<<4 | 1<<6 | 1<<7 | 1<<10 | 1<<11 | 1<<18 | 1<<21,
};

static void
registers(Call *c)
{
	extern uint afterfp[];
	extern ushort afterx87[];
	uvlong *r;

	r = afterregs;
	rawcall(c->number, c->args, Flags | 0x202);
	if(c->result != Any)
		checkis(r[Rax], c->result, "ax is the result");
	checkis(r[Rsp], wantsp, "sp is kept");
	checkis(r[R14], pattern(14), "r14 is kept");
	checkis(r[R15], pattern(15), "r15 is kept");
	checkis(r[Rcx], wantpc, "cx is the pc");
	checkis(r[Rflags], Flags | 0x202, "flags are kept");
	checkis(r[R11], Flags | 0x202, "r11 is the flags");
	check(r[Rbx] != pattern(1), "bx is lost");
	check(r[Rbp] != (uvlong)c->number, "bp is lost");
	check(r[Rdx] != pattern(3) && r[Rsi] != pattern(4) && r[Rdi] != pattern(5), "dx, si, di are lost");
	check(aftersse[0] == somesse[0] && aftersse[1] == somesse[1]
		&& aftersse[2] == somesse[0] && aftersse[3] == somesse[1]
		&& aftersse[4] == somesse[0] && aftersse[5] == somesse[1], "vector registers are kept");
	checkis(afterfp[0], 0x7fbf, "mxcsr is kept");
	checkis(afterfp[1] & 0xffff, 0xf7f, "fcw is kept");
	check(afterx87[4] == 0x4000 && afterx87[3] == 0xc90f, "x87 stack is kept");
	checkis(afterstack[0], (uvlong)0xfeedface << 32, "0(sp) is not touched");
	check(afterstack[1] == c->args[0] && afterstack[2] == c->args[4], "arguments are not touched");

	rawcall(c->number, c->args, 0x202);
	checkis(afterregs[Rflags], 0x202, "clear flags are kept");
}

#else

static int lost[] = {4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 17};

static void
registers(Call *c)
{
	extern uvlong afterfp[];
	uvlong *r;
	char what[40];
	int i;

	r = afterregs;
	rawcall(c->number, c->args, (uvlong)0xf0000000);
	if(c->result != Any)
		checkis(r[0], c->result, "r0 is the result");
	checkis(r[1], wantsp, "r1 is sp");
	checkis(r[2], wantpc, "r2 is the pc");
	checkis(r[3] & (uvlong)0xffffffff, (uvlong)0xf0000000, "r3 is the status register");
	checkis(r[31], wantsp, "sp is kept");
	checkis(r[32], (uvlong)0xf0000000, "nzcv is kept");
	for(i = 26; i <= 30; i++){
		snprint(what, sizeof what, "r%d is kept", i);
		checkis(r[i], pattern(i), what);
	}
	for(i = 0; i < (int)nelem(lost); i++){
		snprint(what, sizeof what, "r%d is lost", lost[i]);
		check(r[lost[i]] != pattern(lost[i]), what);
	}
	for(i = 0; i < 8; i++)
		if(aftersse[i] != somesse[i%2])
			break;
	check(i == 8, "vector registers are kept");
	checkis(afterfp[0], 0x07c00000, "fpcr is kept");
	checkis(afterfp[1], 0x0800009f, "fpsr is kept");
	checkis(afterfp[2], 0x7d1d, "tpidr_el0 is kept");
	checkis(afterstack[0], (uvlong)0xfeed << 48, "0(sp) is not touched");
	check(afterstack[1] == c->args[0] && afterstack[2] == c->args[4], "arguments are not touched");

	rawcall(c->number, c->args, 0);
	checkis(afterregs[32], 0, "clear nzcv is kept");
}

#endif

/* 48 bytes from SP have to be readable, and nothing else: facts/abi.md §1 */
static void
stacks(void)
{
	static uchar area[256] __attribute__((aligned(16)));
	uvlong top;

	top = (uvlong)(_tos+1);
	call = "nsec";
	check(callat(SYS__nsec, top-48) > 0, "sp at USTKTOP-48");
	check(callat(SYS__nsec, top-49) > 0, "sp at USTKTOP-49");
	check(callat(SYS__nsec, (uvlong)area) > 0, "sp in bss");
	check(callat(SYS__nsec, (uvlong)area+4) > 0, "sp a multiple of 4 only");
	check(callat(SYS__nsec, (uvlong)callat & ~(uvlong)15) > 0, "sp in text");
#ifdef __x86_64__
	check(callat(SYS__nsec, (uvlong)area+1) > 0, "odd sp");
#else
	int word;

	word = 0;
	check(monitor(SYS__nsec, &word) == 1 && word == 0, "the exclusive monitor is cleared");
#endif
}

/* int, long, uint and ulong take the low half of their slot only: facts/abi.md §1 */
static void
widths(void)
{
	uvlong high;
	uvlong args[5];
	int fd;

	call = "widths";
	high = (uvlong)1 << 32;
	args[0] = high | 77777;
	rawcall(SYS_close, args, 0);
	checkis(afterregs[0], ~(uvlong)0, "errors are all ones in 64 bits");
	args[0] = high;
	rawcall(SYS_sleep, args, 0);
	checkis(afterregs[0], 0, "long: sleep(1<<32) is sleep(0)");
	rawcall(high | SYS__nsec, args, 0);
	check((vlong)afterregs[0] > 0, "the number is the low half of its register");
	fd = dup(1, -1);
	args[0] = high | fd;
	rawcall(SYS_close, args, 0);
	checkis(afterregs[0], 0, "int: close(1<<32 | fd)");
	args[0] = 1;
	args[1] = (uvlong)buf;
	args[2] = high;
	args[3] = -1;
	rawcall(SYS_pwrite, args, 0);
	checkis(afterregs[0], 0, "long: a write of 1<<32 bytes is one of none");
}

void
main(void)
{
	static Call calls[] = {
		{"nsec", SYS__nsec, {1, 2, 3, 4, 5}, Any},
		{"sleep(0)", SYS_sleep, {0, 2, 3, 4, 5}, 0},
		{"sleep(10)", SYS_sleep, {10, 2, 3, 4, 5}, 0},
		{"close(-1)", SYS_close, {-1, 2, 3, 4, 5}, -1},
		{"errstr", SYS_errstr, {(uvlong)buf, sizeof buf, 3, 4, 5}, 0},
		{"open", SYS_open, {(uvlong)"/nonexistent", OREAD, 3, 4, 5}, -1},
		{"pwrite", SYS_pwrite, {1, (uvlong)buf, 0, -1, 5}, 0},
	};
	int i;

	for(i = 0; i < (int)nelem(calls); i++){
		call = calls[i].name;
		registers(&calls[i]);
	}
	stacks();
	widths();
	done();
}
