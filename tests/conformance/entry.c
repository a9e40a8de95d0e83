#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"

/* The registers at entry, as the program's own _start stored them; facts/exec.md §6. */
extern uvlong entryregs[];

enum
{
#ifdef __x86_64__
	Rtos,
	Rsp,
	Rcx,
	R11,
	R14,
	R15,
	Rflags,
	Rpc,
	Rcs,
	Rss,
	Rds,
	Res,
	Rfs,
	Rgs,
	Rmxcsr,
#else
	Rtos,
	R1,
	R2,
	R3,
	Rsp,
	R30,
	Rpc,
	Rnzcv,
	Rfpcr,
	Rfpsr,
	Rtpidr,
	Rtpidrro,
	Rvector,
#endif
};

static int bss[5000];

static void
registers(void)
{
	uvlong *r;

	r = entryregs;
#ifdef __x86_64__
	extern uint entryx87[];

	is(r[Rtos], (uvlong)0x7fffffffefb8, "ax is the Tos, 72 bytes below USTKTOP");
	is(r[Rcx], r[Rpc], "cx is the entry point");
	is(r[R11], r[Rflags], "r11 is the flags");
	is(r[R14], 0, "r14 is zero");
	is(r[R15], 0, "r15 is zero");
	is(r[Rflags] & 0x202, 0x202, "interrupts are on");
	is(r[Rflags] & 0x3000, 0, "no i/o privilege");
	is(r[Rcs], 0x2b, "cs");
	is(r[Rss], 0x23, "ss");
	is(r[Rds]|r[Res]|r[Rfs]|r[Rgs], 0, "ds, es, fs, gs are nil");
	is(r[Rmxcsr], 0x1900, "mxcsr unmasks invalid, division by zero and overflow");
	/* bit 6 reads 1 on hardware */
	is((entryx87[0] & 0xffff) | 0x40, 0x272, "fcw: 53-bit precision, the same three unmasked");
	is(entryx87[1] & 0xffff, 0, "x87 status is clear");
	is(entryx87[2] & 0xffff, 0xffff, "x87 stack is empty");
#else
	uvlong v;
	int i;

	ok(r[Rtos] == (uvlong)0x7fffeffb8 || r[Rtos] == (uvlong)0x1fffeffb8, "r0 is the Tos, 72 bytes below USTKTOP");
	is(r[R1], r[Rsp], "r1 is the stack pointer");
	is(r[R2], r[Rpc], "r2 is the entry point");
	is(r[R3], r[Rnzcv], "r3 is the status register");
	is(r[R30], 0, "r30 is zero");
	is(r[Rfpcr], 0, "fpcr is zero");
	is(r[Rfpsr], 0, "fpsr is zero");
	is(r[Rtpidr], 0, "tpidr_el0 is zero");
	is(r[Rtpidrro], 0, "tpidrro_el0 is zero");
	v = 0;
	for(i = 0; i < 60; i++)
		v |= r[Rvector+i];
	is(v, 0, "vector registers are zero");
#endif
}

static void
picture(int argc, char **argv)
{
	uvlong *sp, *p;
	char *s, *tos;
	int i, good;
	usize n;

	sp = (uvlong*)entryregs[Rsp];
	tos = (char*)entryregs[Rtos];
	n = sizeof(Tos);
	for(i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	is(sp[0], argc, "argc, in all 64 bits, is at 0(sp)");
	ok((char**)(sp+1) == argv, "argv starts at 8(sp)");
	ok(argv[argc] == nil, "argv ends with nil");
	is((uvlong)sp, (uvlong)tos + sizeof(Tos) - 8*(argc+1) - ((n+7) & ~(usize)7) - 8, "sp is where the arguments end");
	is((uvlong)sp & 7, 0, "sp is a multiple of 8");
	good = 1;
	s = tos + sizeof(Tos) - n;
	for(i = 0; i < argc; i++){
		if(argv[i] != s)
			good = 0;
		s += strlen(s) + 1;
	}
	ok(good, "argument strings are packed, in order");
	ok(s == tos, "the last string's NUL adjoins the Tos");
	good = 1;
	p = (uvlong*)&argv[argc+1];
	for(s = (char*)p; s < argv[0]; s++)
		if(*s != 0)
			good = 0;
	ok(good && argv[0]-(char*)p < 8, "less than 8 bytes of padding, zero");
	good = 1;
	for(i = 1; i < 1000; i++)
		if(sp[-4096-i] != 0)
			good = 0;
	ok(good, "stack below is zero");
	*((char*)sp - 15*1024*1024) = 1;
	ok(1, "15 megabytes of stack can be written anywhere");
}

static void
tos(void)
{
	ok(sizeof(Tos) == 72, "Tos has 72 bytes");
	ok(_tos->prof.pp == nil && _tos->prof.next == nil && _tos->prof.last == nil && _tos->prof.first == nil,
		"profiling pointers are nil");
	is(_tos->prof.pid | _tos->prof.what, 0, "profiling words are zero");
	ok(_tos->cyclefreq > 0, "cyclefreq");
	ok(_tos->kcycles >= 0, "kcycles");
	ok(_tos->pid > 0, "pid");
	ok(_tos->clock < 10000 && _tos->clock%10 == 0, "clock counts milliseconds in tens");
	_tos->pid = 0;
	sleep(0);
	ok(_tos->pid > 0, "the kernel writes pid again at every call");
}

void
main(int argc, char *argv[])
{
	char err[ERRMAX];
	int i, n;

	registers();
	picture(argc, argv);
	tos();
	n = 0;
	for(i = 0; i < (int)nelem(bss); i++)
		n |= bss[i];
	is(n, 0, "bss is zero");
	strcpy(err, "x");
	errstr(err, sizeof err);
	same(err, "", "the error string is empty");
	done();
}
