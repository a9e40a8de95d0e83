/*
 * The checks that run before single instructions, in C: the same as the Python functions of
 * amd64.py that take their place where no compiler is at hand, but some hundred times faster.
 * Nothing here knows Unicorn; what has to happen rarely is left to `slow`, a Python function.
 */
#include <stdint.h>
#include <string.h>

typedef void Hook(void *engine, uint64_t address, uint32_t size, void *data);

/* An instruction's memory operand that has to be aligned. */
struct operand {
	const uint64_t *registers;
	Hook *slow;
	uint64_t displacement;
	uint64_t address_mask;
	uint64_t alignment_mask;
	int32_t base, index;		/* numbers of registers, or -1 */
	uint64_t scale;
};

void
elf9_aligned(void *engine, uint64_t address, uint32_t size, const struct operand *o)
{
	uint64_t at;

	at = o->displacement;
	if(o->base >= 0)
		at += o->registers[o->base];
	if(o->index >= 0)
		at += o->registers[o->index] * o->scale;
	if(at & o->address_mask & o->alignment_mask)
		o->slow(engine, address, size, 0);
}

enum {
	Exceptions	= 0x3F,		/* the sticky flags of MXCSR */
	Maskshift	= 7,		/* where their masks are */
	Registers	= 16 * 64,	/* bytes of the SSE registers in the CPU's state */
};

/* SSE arithmetic, watched before and behind it; one record for a CPU. */
struct arithmetic {
	uint8_t *flags;			/* Unicorn's sticky flags */
	const uint8_t *control;		/* MXCSR */
	const uint8_t *registers;
	Hook *slow;
	uint64_t address;		/* of the instruction under way, or 0 */
	uint64_t before;		/* the sticky flags before it */
	uint8_t saved[Registers];	/* the registers before it */
};

void
elf9_before_float(void *engine, uint64_t address, uint32_t size, struct arithmetic *a)
{
	(void)engine;
	(void)size;
	a->address = address;
	a->before = *a->flags & Exceptions;
	*a->flags = 0;
	memcpy(a->saved, a->registers, Registers);
}

void
elf9_after_float(void *engine, uint64_t address, uint32_t size, struct arithmetic *a)
{
	uint32_t control, raised;

	if(a->address == 0)
		return;		/* jumped here */
	memcpy(&control, a->control, sizeof control);
	raised = *a->flags & Exceptions;
	if(raised & ~(control >> Maskshift)){
		a->slow(engine, address, size, 0);
		return;
	}
	*a->flags = raised | a->before;
	a->address = 0;
}
