#include <u.h>
#include <libc.h>

/*
 * The FPU's control and status.  Of amd64's MXCSR the bits that mask
 * exceptions are turned round, so that on both machines a bit that is set
 * enables one; the lowest six are the status.
 */
#ifdef __aarch64__

ulong
getfcr(void)
{
	uvlong v;

	__asm__ volatile("mrs %0, fpcr" : "=r"(v));
	return v;
}

void
setfcr(ulong v)
{
	__asm__ volatile("msr fpcr, %0" : : "r"((uvlong)v));
}

ulong
getfsr(void)
{
	uvlong v;

	__asm__ volatile("mrs %0, fpsr" : "=r"(v));
	return v;
}

void
setfsr(ulong v)
{
	__asm__ volatile("msr fpsr, %0" : : "r"((uvlong)v));
}

#else

enum
{
	Masks = 0x1f80,
	Status = 0x3f,
};

static uint
get(void)
{
	uint v;

	__asm__ volatile("stmxcsr %0" : "=m"(v));
	return v;
}

static void
set(uint v)
{
	__asm__ volatile("ldmxcsr %0" : : "m"(v));
}

ulong
getfcr(void)
{
	return (get() ^ Masks) & 0xffc0;
}

void
setfcr(ulong v)
{
	set(((v ^ Masks) & 0xffc0) | (get() & Status));
}

ulong
getfsr(void)
{
	return get() & Status;
}

void
setfsr(ulong v)
{
	set((get() & ~Status) | (v & Status));
}

#endif
