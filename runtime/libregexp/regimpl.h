/*
 * What the files of libregexp share.
 *
 * A program is a graph of instructions; every thread that runs through it
 * stands at one of them, and each place has one thread at most.  So matching
 * takes time in proportion to text and expression, however they are.
 */
enum
{
	Nsub = 32,	/* sub-matches that are remembered */
};

typedef struct Class Class;
typedef struct Frame Frame;
typedef struct Prog Prog;
typedef struct Range Range;

struct Range
{
	Rune	lo;
	Rune	hi;
};

struct Class
{
	int	not;	/* what is not in it, and no newline */
	int	n;
	Range	*range;	/* ascending, apart from each other */
	uint	ascii[4];	/* a bit each */
};

struct Reinst
{
	int	op;
	union{
		Rune	r;	/* ORUNE */
		int	sub;	/* OSAVE, OUNSAVE */
		Class	*class;	/* OCLASS */
	};
	Reinst	*a;	/* what is next */
	Reinst	*b;	/* OSPLIT: what is tried after a */
	uvlong	gen;	/* of the step in which a thread was here last */
};

/* An instruction in which a thread waits for the next rune. */
struct Rethread
{
	Reinst	*i;
};

/* What is to be done when a thread has gone as far as it could. */
struct Frame
{
	Reinst	*i;	/* go on here; nil: put back what a slot held */
	void	**slot;
	void	*old;
};

struct Prog
{
	Reprog;
	int	nsub;	/* that the program has, the whole match counts */
	uvlong	gen;	/* steps so far */
	int	bol;	/* matches at the beginning of a line only */
	uchar	first[Runeself+1];	/* bytes it may match first; the last stands for all other runes */
	Frame	*stack;
	void	**slots;	/* two a sub-match, for the threads of two steps */
};

extern	int	_regclass(Class*, Rune);	/* does the class match a rune? */
extern	void	_regfirst(Prog*);	/* finds what a match may begin with */
