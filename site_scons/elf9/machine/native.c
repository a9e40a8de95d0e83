/*
 * What runs so often that Python is too slow for it: checks before single instructions, and the
 * registers of a system call.  The same as the Python functions of amd64.py and arm64.py that take
 * their place where no compiler is at hand.  Nothing here knows Unicorn but by the pointers it is
 * given; what has to happen rarely is left to Python functions.
 */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unwind.h>

typedef void Hook(void *engine, uint64_t address, uint32_t size, void *data);

enum {
	Known		= 32,		/* pages whose translations are remembered */
	Many,				/* there are more of them */
	Unknown,			/* Python translates, and remembers nothing */
	Read		= 16,		/* what a page is wanted for: Unicorn's UC_MEM_READ, WRITE, FETCH */
	Unlimited	= -1,
};

/* A row of the table of an address space. */
struct region {
	uint64_t base, top;
	uint64_t physical;		/* minus base */
	uint64_t host;			/* minus base */
	uint64_t access;
};

struct page {
	uint64_t physical;
	uint32_t access;
};

/* An engine, as far as it is known here; shared with engine.py. */
struct machine {
	uint64_t leave;			/* a hook wants its instruction not to be executed */
	void (*restore)(void *cpu, uintptr_t pc);
	void *cpu;
	void (*stop)(void *engine);
	uint64_t lost;
	uint64_t blocks;		/* that may still run */
	uint64_t expired;
	uint64_t fills, fillslimit;
	int (*slow)(void *engine, uint64_t page, int kind, struct page *result, void *data);
	const struct region *regions;
	uint64_t count;
	uint64_t known;			/* what Unicorn has translated since it was to forget all, if that is few */
	struct {
		uint64_t page;
		uint64_t physical;
		uint64_t access;
	} pages[Known];
};

static const struct region *
find(const struct machine *m, uint64_t address)
{
	const struct region *r;

	for(r = m->regions; r < m->regions + m->count; r++)
		if(address >= r->base && address < r->top)
			return r;
	return 0;
}

/* Remember what Unicorn is told. */
static int
know(struct machine *m, uint64_t page, const struct page *p)
{
	uint64_t i;

	if(m->known > Known)
		return 1;
	for(i = 0; i < m->known; i++)
		if(m->pages[i].page == page)
			break;
	if(i == m->known)
		m->known++;
	if(i < Known){
		m->pages[i].page = page;
		m->pages[i].physical = p->physical;
		m->pages[i].access = p->access;
	}
	return 1;
}

/* Translate a guest page; what is not quite plain is left to Python. */
int
elf9_fill(void *engine, uint64_t page, int kind, struct page *result, struct machine *m)
{
	const struct region *r;

	if(++m->fills <= m->fillslimit){
		r = find(m, page);
		if(r != 0 && r->access & 1 << (kind - Read)){
			result->physical = page + r->physical;
			result->access = r->access;
			return know(m, page, result);
		}
	}
	return m->slow(engine, page, kind, result, 0) && know(m, page, result);
}

/* Before each block, if they are counted. */
void
elf9_block(void *engine, uint64_t address, uint32_t size, struct machine *m)
{
	(void)address;
	(void)size;
	if(m->blocks == 0){
		m->expired = 1;
		m->stop(engine);
	}else if(m->blocks != (uint64_t)Unlimited)
		m->blocks--;
}

static _Unwind_Reason_Code
outermost(struct _Unwind_Context *context, void *pc)
{
	*(uintptr_t *)pc = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

/*
 * A watched instruction, and what to do before it.  To leave the block there, Unicorn has to know
 * where in the translated code this is: that code called this function, by way of libunicorn or not,
 * and is the outermost frame that can be found, since it has no unwinding information itself.
 */
struct watch {
	Hook *function;
	void *data;
	struct machine *machine;
	uint64_t length;		/* of the code below; 0: it cannot have changed */
	uint8_t code[16];
};

void
elf9_watch(void *engine, uint64_t address, uint32_t size, const struct watch *w)
{
	struct machine *m;
	const struct region *r;
	uintptr_t pc;

	m = w->machine;
	if(w->length != 0){
		r = find(m, address);
		if(r == 0 || r->top - address < w->length
		|| memcmp((void *)(uintptr_t)(address + r->host), w->code, w->length) != 0)
			return;
	}
	w->function(engine, address, size, w->data);
	if(!m->leave)
		return;
	pc = 0;
	_Unwind_Backtrace(outermost, &pc);
	m->leave = 0;
	m->restore(m->cpu, pc);
}

/*
 * REP STOS and REP MOVS, upwards and where there is no code: done at once, on the host's memory.
 * What lies in another region is left to the instruction itself, before the second round of which
 * this is called again.
 */
struct string {
	uint64_t *registers;
	const int32_t *direction;	/* 1: upwards */
	const struct machine *machine;
	uint64_t size;			/* of an element */
	uint64_t move;			/* MOVS */
};

enum {
	Whole		= 1 << 20,	/* zeros from here on are pages given back */
	Readable	= 1,		/* UC_PROT_* */
	Writable	= 2,
	Executable	= 4,
};

/* Where the address is on the host; *n becomes what there is of its region at most. */
static char *
host(const struct machine *m, uint64_t address, uint64_t *n, uint64_t access, uint64_t not)
{
	const struct region *r;

	r = find(m, address);
	if(r == 0 || (r->access & access) == 0 || r->access & not)
		return 0;
	if(*n > r->top - address)
		*n = r->top - address;
	return (char *)(uintptr_t)(address + r->host);
}

static void
clear(char *p, uint64_t n)
{
	uintptr_t page, first, last;

	page = sysconf(_SC_PAGESIZE);
	first = ((uintptr_t)p + page - 1) & -page;
	last = ((uintptr_t)p + n) & -page;
	if(n < Whole || madvise((void *)first, last - first, MADV_DONTNEED) != 0){
		memset(p, 0, n);
		return;
	}
	memset(p, 0, first - (uintptr_t)p);
	memset((void *)last, 0, (uintptr_t)p + n - last);
}

void
elf9_string(void *engine, uint64_t address, uint32_t size, const struct string *s)
{
	enum { Ax, Cx, Si = 6, Di };
	uint64_t *r, n, i;
	char *to, *from;

	(void)engine;
	(void)address;
	(void)size;
	r = s->registers;
	if(*s->direction != 1 || r[Cx] == 0 || r[Cx] > (uint64_t)1 << 40)
		return;
	n = r[Cx] * s->size;
	from = 0;
	to = host(s->machine, r[Di], &n, Writable, Executable);
	if(to != 0 && s->move)
		from = host(s->machine, r[Si], &n, Readable, 0);
	n -= n % s->size;
	if(to == 0 || n == 0)
		return;
	if(s->move){
		/* what was just stored is loaded again where they overlap */
		if(from == 0 || (to > from && to < from + n))
			return;
		memmove(to, from, n);
		r[Si] += n;
	}else if(r[Ax] == 0)
		clear(to, n);
	else if(s->size == 1 || r[Ax] == (r[Ax] & 0xff) * 0x0101010101010101)
		memset(to, (int)r[Ax], n);
	else
		for(i = 0; i < n; i += s->size)
			memcpy(to + i, &r[Ax], s->size);
	r[Di] += n;
	r[Cx] -= n / s->size;
}

/* What changes when a CPU takes its turn on an engine. */
struct turn {
	void *state;			/* what makes up a CPU, in the engine */
	uint64_t size;
	int (*read)(void *engine, int number, void *value);
	int (*control)(void *engine, int kind, ...);
	int32_t flags;			/* Unicorn's number of the flags register */
	int32_t flush;			/* uc_ctl's of forgetting translations of addresses */
	void (*forget)(void *cpu, uint64_t page);	/* forget one; 0: there is no such function */
};

/* A CPU at rest is a copy of that, and this behind it. */
struct rest {
	uint64_t flags;			/* as user mode sees them */
	const struct region *regions;
	uint64_t count;
};

static uint64_t
flags(void *engine, const struct turn *t)
{
	uint64_t value;

	value = 0;
	t->read(engine, t->flags, &value);
	return value;
}

static void
exchange(void *engine, const struct turn *t, uint8_t *old, const uint8_t *new)
{
	struct rest *r;

	r = (struct rest *)(old + t->size);
	r->flags = flags(engine, t);
	memcpy(old, t->state, t->size);
	memcpy(t->state, new, t->size);
}

/* Put one CPU's state in the place of another's. */
void
elf9_turn(void *engine, const struct turn *t, uint8_t *old, const uint8_t *new)
{
	exchange(engine, t, old, new);
	t->control(engine, t->flush);
}

/* Another address space: forget the translations that are not the same there. */
static void
move(void *engine, const struct turn *t, struct machine *m)
{
	const struct region *r;
	uint64_t i, kept;

	m->fills = 0;
	if(m->known > Known || t->forget == 0){
		t->control(engine, t->flush);
		if(m->known != Unknown)
			m->known = 0;
		return;
	}
	kept = 0;
	for(i = 0; i < m->known; i++){
		r = find(m, m->pages[i].page);
		if(r != 0 && m->pages[i].page + r->physical == m->pages[i].physical && m->pages[i].access == r->access)
			m->pages[kept++] = m->pages[i];
		else
			t->forget(m->cpu, m->pages[i].page);
	}
	m->known = m->fills = kept;
}

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
	uint64_t estimate;		/* it raises nothing, whatever Unicorn's flags say */
	uint8_t saved[Registers];	/* the registers before it */
};

/* See to the flags of the instruction under way; 0 if it traps. */
static int
settle(void *engine, uint64_t address, uint32_t size, struct arithmetic *a)
{
	uint32_t control, raised;

	if(a->address == 0)
		return 1;
	memcpy(&control, a->control, sizeof control);
	raised = a->estimate ? 0 : *a->flags & Exceptions;
	if(raised & ~(control >> Maskshift)){
		a->slow(engine, address, size, 0);
		return 0;
	}
	*a->flags = raised | a->before;
	a->address = 0;
	return 1;
}

static void
begin(uint64_t address, uint64_t estimate, struct arithmetic *a)
{
	a->address = address;
	a->estimate = estimate;
	a->before = *a->flags & Exceptions;
	*a->flags = 0;
}

void
elf9_before_float(void *engine, uint64_t address, uint32_t size, struct arithmetic *a)
{
	uint32_t control;

	if(!settle(engine, address, size, a))
		return;
	memcpy(&control, a->control, sizeof control);
	if((control >> Maskshift & Exceptions) == Exceptions)
		return;		/* nothing can trap, and Unicorn's flags are sticky, too */
	begin(address, 0, a);
	memcpy(a->saved, a->registers, Registers);
}

void
elf9_before_estimate(void *engine, uint64_t address, uint32_t size, struct arithmetic *a)
{
	/* it does not trap, so that no registers are needed */
	if(settle(engine, address, size, a))
		begin(address, 1, a);
}

void
elf9_after_float(void *engine, uint64_t address, uint32_t size, struct arithmetic *a)
{
	/* the watch of an instruction that is itself under way came first */
	if(address != a->address)
		settle(engine, address, size, a);
}

/*
 * A system call: Python's `serve` gets number and stack pointer and returns the result.  It sets `hold`
 * if the process cannot go on with one yet, or `old` and `next` if that is the result of another call,
 * with which `next` goes on in the place of who made this one.
 */
struct call {
	uint64_t *registers;		/* of the CPU's state, the pc among them */
	uint64_t (*serve)(uint64_t number, uint64_t sp);
	void (*other)(void *engine, uint32_t number, void *data);
	void (*stop)(void *engine);
	uint64_t *exclusive;		/* arm64: the address of an exclusive access under way */
	uint64_t poison;		/* destroyed register n becomes poison + n */
	uint64_t hold;
	uint64_t pc;			/* behind the instruction */
	const struct turn *turn;
	struct machine *machine;
	uint8_t *old;
	const uint8_t *next;
	uint64_t svc;			/* arm64: the exception that is a system call */
};

static void
pass(void *engine, struct call *c)
{
	const struct rest *r;

	exchange(engine, c->turn, c->old, c->next);
	r = (const struct rest *)(c->next + c->turn->size);
	c->machine->regions = r->regions;
	c->machine->count = r->count;
	move(engine, c->turn, c->machine);
	c->next = 0;
}

void
elf9_call_amd64(void *engine, struct call *c)
{
	enum { Ax, Cx, Dx, Bx, Sp, Bp, Si, R11 = 11, R12, R13, Pc = 16, Flags, Syscall = 2 };
	uint64_t *r, result;
	int i;

	r = c->registers;
	c->pc = r[Pc] + Syscall;
	c->hold = 0;
	result = c->serve(r[Bp] & 0xFFFFFFFF, r[Sp]);
	if(c->hold){
		c->stop(engine);
		return;
	}
	if(c->next != 0){
		r[Pc] = c->pc;
		/* where another run looks for them; within one the condition codes are elsewhere */
		r[Flags] = flags(engine, c->turn);
		pass(engine, c);
		c->pc = r[Pc];
		r[Pc] -= Syscall;	/* which Unicorn adds again */
	}
	r[Ax] = result;
	r[Cx] = c->pc;
	for(i = Dx; i <= R13; i++)
		if(i != Sp)
			r[i] = c->poison + i;
	r[R11] = flags(engine, c->turn);
	c->pc = 0;
}

void
elf9_call_arm64(void *engine, uint32_t number, struct call *c)
{
	enum { First = 4, Last = 25, Sp = 31, Pc = 32 };
	uint64_t *r, result;
	int i;

	if(number != (uint32_t)c->svc){
		c->other(engine, number, 0);
		return;
	}
	r = c->registers;
	c->hold = 0;
	result = c->serve(r[0] & 0xFFFFFFFF, r[Sp]);
	if(c->hold){
		c->stop(engine);
		return;
	}
	if(c->next != 0)
		pass(engine, c);
	r[0] = result;
	r[1] = r[Sp];
	r[2] = r[Pc];
	r[3] = flags(engine, c->turn) & 0xF0000000;
	for(i = First; i <= Last; i++)
		r[i] = c->poison + i;
	*c->exclusive = ~(uint64_t)0;
}
