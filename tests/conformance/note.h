/*
 * Notes: notify is given handle (note_*.S), which stores the registers with
 * which the kernel enters a handler in noteregs, calls onnote, and noted with
 * its value.  resume does the same with onsave: for the pc of NSAVE.
 */
typedef struct Ureg Ureg;

#ifdef __x86_64__

struct Ureg
{
	uvlong	ax, bx, cx, dx, si, di, bp, r8, r9, r10, r11, r12, r13, r14, r15;
	ushort	ds, es, fs, gs;
	uvlong	type, error, pc, cs, flags, sp, ss;
};

#define RESULT ax

#else

struct Ureg
{
	uvlong	r[31], sp, pc, psr, type;
};

#define RESULT r[0]

#endif

enum
{
	Nnotes = 16,
};

extern void	handle(void), resume(void);
extern int	(*onnote)(Ureg*, char*);
extern int	(*onsave)(Ureg*, char*);
extern uvlong	noteregs[];

static char notes[Nnotes][ERRMAX];	/* what keep has seen */
static int nnotes;

/* The simplest handler: remembers the text and goes on. */
static inline int
keep(Ureg *u, char *text)
{
	USED(u);
	if(nnotes < Nnotes)
		strcpy(notes[nnotes], text);
	nnotes++;
	return NCONT;
}

static inline void
catch(int (*f)(Ureg*, char*))
{
	onnote = f;
	nnotes = 0;
	memset(notes, 0, sizeof notes);
	_notify(f == nil ? nil : (void*)handle);
}

/* Posts by /proc: what is note or notepg. */
static inline int
post(int pid, char *what, char *text, int n)
{
	char name[64];
	int fd, m;

	snprint(name, sizeof name, "/proc/%d/%s", pid, what);
	fd = open(name, OWRITE);
	if(fd < 0)
		return -1;
	m = write(fd, text, n);
	close(fd);
	return m;
}
