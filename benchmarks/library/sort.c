#include "library.h"

/* qsort of 1000 elements; a unit is one element. */

enum
{
	Elements = 1000,
};

typedef struct Record Record;
struct Record
{
	int	key;
	char	text[20];
};

static int ints[Elements];
static uvlong longs[Elements];
static char words[Elements][12];
static char *strings[Elements];
static Record records[Elements];

static int
byint(void *a, void *b)
{
	int x, y;

	x = *(int*)a;
	y = *(int*)b;
	return x < y ? -1 : x > y;
}

static int
bylong(void *a, void *b)
{
	uvlong x, y;

	x = *(uvlong*)a;
	y = *(uvlong*)b;
	return x < y ? -1 : x > y;
}

static int
bystring(void *a, void *b)
{
	return strcmp(*(char**)a, *(char**)b);
}

enum
{
	Random,
	Sorted,
	Reversed,
	Few,
};

static uvlong
sortints(int n, int how)
{
	uint seed;
	int i, j;

	seed = 1;
	for(i = 0; i < n; i += Elements){
		for(j = 0; j < Elements; j++)
			ints[j] = how == Random ? chance(&seed) : how == Few ? chance(&seed) % 4 : how == Sorted ? j : -j;
		qsort(ints, Elements, sizeof ints[0], byint);
	}
	return sumof(ints, sizeof ints);
}

static uvlong
sortlongs(int n, int how)
{
	uint seed;
	int i, j;

	seed = 1 + how;
	for(i = 0; i < n; i += Elements){
		for(j = 0; j < Elements; j++)
			longs[j] = chance(&seed);
		qsort(longs, Elements, sizeof longs[0], bylong);
	}
	return sumof(longs, sizeof longs);
}

static uvlong
sortstrings(int n, int how)
{
	uint seed;
	int i, j, k;

	seed = 1 + how;
	for(j = 0; j < Elements; j++)
		for(k = 0; k < sizeof words[j] - 1; k++)
			words[j][k] = 'a' + (chance(&seed) >> 8)%3;
	for(i = 0; i < n; i += Elements){
		for(j = 0; j < Elements; j++)
			strings[j] = words[(j*7 + i) % Elements];
		qsort(strings, Elements, sizeof strings[0], bystring);
	}
	for(j = 0, seed = 0; j < Elements; j++)
		seed = seed*31 + sumof(strings[j], sizeof words[j]);
	return seed;
}

static uvlong
sortrecords(int n, int how)
{
	uint seed;
	int i, j;

	seed = 1 + how;
	for(i = 0; i < n; i += Elements){
		for(j = 0; j < Elements; j++)
			records[j].key = chance(&seed);
		qsort(records, Elements, sizeof records[0], byint);
	}
	return sumof(records, sizeof records);
}

Case sortcases[] =
{
	{"qsort of random ints", sortints, Random, 600000},
	{"qsort of sorted ints", sortints, Sorted, 1000000},
	{"qsort of reversed ints", sortints, Reversed, 400000},
	{"qsort of ints of four values", sortints, Few, 500000},
	{"qsort of random vlongs", sortlongs, 0, 800000},
	{"qsort of strings", sortstrings, 0, 300000},
	{"qsort of 24-byte records", sortrecords, 0, 600000},
	{nil},
};
