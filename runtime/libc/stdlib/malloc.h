/*
 * The heap.  A block is a header and a multiple of 16 bytes behind it, which
 * is the alignment of what malloc returns.  Areas that sbrk gave end with a
 * header of no size, so that every block has a next one.
 *
 * A header knows whether the block before it is free (Fprev); that block then
 * has its size in its last word, and free neighbours become one.  A sum over
 * the header's fields and its address tells when somebody wrote over it.
 */
typedef struct Block Block;
struct Block
{
	union
	{
		struct
		{
			uint	size;	/* in units of 16 bytes, header included; of Falias: bytes back to the payload */
			uchar	flags;
			uchar	slack;	/* bytes of the payload that were not asked for; the first of them is Guard */
			ushort	sum;
		};
		uvlong	word;	/* all of them */
	};
	union
	{
		struct
		{
			uint	tag;	/* setmalloctag */
			uint	retag;	/* setrealloctag */
		};
		uvlong	tags;
		Block	*next;	/* free: in its list */
	};
	Block	*prev;	/* free; the payload begins here */
};

enum
{
	Unit = 16,
	Minsize = 2,	/* units: a free block holds next, prev and its size */
	Guard = 0xA5,

	/* flags */
	Fused = 1<<0,
	Fprev = 1<<1,	/* the block before this one is free */
	Fquick = 1<<2,	/* in a quick list: free, but its neighbours do not know */
	Falias = 1<<3,	/* mallocalign: not a block, but points back to one */
	Fend = 1<<4,	/* end of an area */
};

#define HEADER offsetof(Block, prev)
#define PAYLOAD(b) ((uchar*)(b) + HEADER)
#define BLOCK(p) ((Block*)((uchar*)(p) - HEADER))
/* in a header's word */
#define FLAG(f) ((uvlong)(f)<<32)
#define SLACK 40
#define CAPACITY(b) ((usize)(b)->size*Unit - HEADER)

extern	void	_heapbad(char*, void*, uintptr);
