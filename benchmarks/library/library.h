/*
 * The section `library`: each case is written once and compiled twice, against
 * elf9's library and, with -DMUSL, against musl's under names that begin with
 * musl_.  Both run on Plan 9, and start and end with elf9's.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#ifdef MUSL
#include "musl.h"
#endif

typedef struct Case Case;
struct Case
{
	char	*name;
	uvlong	(*run)(int, int);	/* units, size or kind; a checksum that is the same with both */
	int	size;
	int	units;	/* so many take some tenths of a second */
};

extern	Case	memorycases[], printcases[], malloccases[], sortcases[], biocases[], floatcases[];

/* numbers that look random, the same in each run */
static inline uint
chance(uint *seed)
{
	uint x;

	x = *seed;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *seed = x;
}

/* sums up what was written to memory; each caller's bytes are few beside its work */
static inline uvlong
sumof(void *p, usize n)
{
	uchar *s, *e;
	uvlong sum;

	sum = 0;
	e = (uchar*)p + n;
	for(s = p; s < e; s++)
		sum = sum*31 + *s;
	return sum;
}

/* memory that streams are read from and written to, so that no system call is in the figures */
enum
{
	Streamsize = 64*1024,
};
extern	char	stream[Streamsize];
extern	uint	streamat;	/* of the next byte */
extern	uvlong	streamed;	/* bytes written */
extern	long	streamread(void*, long);
extern	long	streamwrite(void*, long);
