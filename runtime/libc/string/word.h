/*
 * Strings eight bytes at a time; not for programs.  Words are read only where
 * they cannot reach into a page that the string does not: at aligned
 * addresses, or behind a look at where in a page the pointer is.
 */
typedef uvlong Word __attribute__((aligned(1)));

#define ONES 0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

enum
{
	Wordsize = 8,
	Pagesize = 4096,	/* the smallest of any machine */
};

/* The high bit of each byte that is zero; above the first of them it may be wrong. */
#define ZEROS(w) (((w) - ONES) & ~(w) & HIGHS)
/* which byte that first one is */
#define FIRST(z) (__builtin_ctzll(z) >> 3)
/* ones in the bytes of an aligned word that lie before p */
#define BEFORE(p) (((uvlong)1 << 8*((uintptr)(p)%Wordsize)) - 1)
/* does a word at p stay in its page? */
#define INPAGE(p) (((uintptr)(p) & (Pagesize-1)) <= Pagesize-Wordsize)
