#include "library.h"

/* malloc and free, in the patterns that programs have; a unit is one block that comes and goes. */

enum
{
	Slots = 1024,
};
static char *slot[Slots];

/* mostly small, as in most programs */
static uint
some(uint *seed, int most)
{
	uint r;

	r = chance(seed);
	return (r >> 8 & 7) == 0 ? 1 + (r >> 16)%most : 1 + (r >> 16)%(most/8);
}

static void
empty(void)
{
	int i;

	for(i = 0; i < Slots; i++){
		free(slot[i]);
		slot[i] = nil;
	}
}

static uvlong
pairs(int n, int size)
{
	char *p;
	int i;

	for(i = 0; i < n; i++){
		p = malloc(size);
		p[0] = i;
		free(p);
	}
	return n;
}

/* many of one size, then all of them back: lists, trees */
static uvlong
stack(int n, int size)
{
	int i, j;

	for(i = 0; i < n; i += Slots){
		for(j = 0; j < Slots; j++)
			slot[j] = malloc(size);
		for(j = Slots; --j >= 0;)
			free(slot[j]);
	}
	memset(slot, 0, sizeof slot);
	return n;
}

/* sizes mixed, the oldest goes first */
static uvlong
queue(int n, int size)
{
	uint seed;
	int i;

	seed = 1;
	for(i = 0; i < n; i++){
		free(slot[i%Slots]);
		slot[i%Slots] = malloc(some(&seed, size));
	}
	empty();
	return seed;
}

/* sizes mixed, any goes */
static uvlong
lifetimes(int n, int size)
{
	uint seed, j;
	int i;

	seed = 1;
	for(i = 0; i < n; i++){
		j = chance(&seed) % Slots;
		free(slot[j]);
		slot[j] = malloc(some(&seed, size));
	}
	empty();
	return seed;
}

/* text that grows bit by bit, with another block behind it now and then */
static uvlong
growth(int n, int size)
{
	uint at;
	int i;

	at = 0;
	for(i = 0; i < n; i++){
		at += 64;
		slot[0] = realloc(slot[0], at);
		slot[0][at-1] = i;
		if(i%16 == 0){
			free(slot[1 + i/16%8]);
			slot[1 + i/16%8] = malloc(48);
		}
		if(at >= size){
			free(slot[0]);
			slot[0] = nil;
			at = 0;
		}
	}
	empty();
	return n;
}

Case malloccases[] =
{
	{"malloc and free of 32", pairs, 32, 900000},
	{"malloc and free of 400", pairs, 400, 1000000},
	{"malloc and free of 5000", pairs, 5000, 500000},
	{"1024 mallocs of 40, then frees", stack, 40, 700000},
	{"mixed sizes, first in first out", queue, 1024, 1000000},
	{"mixed sizes, random lifetimes", lifetimes, 1024, 1000000},
	{"large and small, random lifetimes", lifetimes, 32768, 200000},
	{"realloc by 64 up to 4096", growth, 4096, 800000},
	{"realloc by 64 up to 65536", growth, 65536, 700000},
	{nil},
};
