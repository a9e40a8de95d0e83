#include "library.h"

/* Memory and strings: a size where the call counts, one as in much of what programs do, a large one. */

static char from[Streamsize+64], to[Streamsize+64];

static uvlong
copies(int n, int size)
{
	int i;

	for(i = 0; i < 256; i++)
		from[i] = i;
	for(i = 0; i < n; i++)
		memcpy(to + (i & 7), from + (i & 3), size);
	return sumof(to, size + 8);
}

static uvlong
moves(int n, int size)
{
	int i;

	for(i = 0; i < 256; i++)
		from[i] = i;
	for(i = 0; i < n; i++){
		memmove(from + 16, from + (i & 7), size);
		memmove(from + (i & 7), from + 16, size);
	}
	return sumof(from, 16);
}

static uvlong
sets(int n, int size)
{
	int i;

	for(i = 0; i < n; i++)
		memset(to + (i & 7), i, size);
	return sumof(to, size + 8);
}

/* a string of so many bytes, from whose first places on there are others */
static void
fill(char *s, int size)
{
	int i;

	for(i = 0; i < size; i++)
		s[i] = 'a' + i%16;
	s[size] = '\0';
}

static uvlong
compares(int n, int size)
{
	uvlong sum;
	int i;

	fill(from, size);
	fill(to, size);
	sum = 0;
	for(i = 0; i < n; i++)
		sum += memcmp(from, to, size);
	return sum;
}

static uvlong
searches(int n, int size)
{
	uvlong sum;
	int i;

	fill(from+8, size);
	from[8+size-1] = 'z';
	sum = 0;
	for(i = 0; i < n; i++)
		sum += (char*)memchr(from + (i & 7), 'z', size+8) - from;
	return sum;
}

static uvlong
lengths(int n, int size)
{
	uvlong sum;
	int i;

	fill(from, size+8);
	sum = 0;
	for(i = 0; i < n; i++)
		sum += strlen(from + (i & 7));
	return sum;
}

static uvlong
finds(int n, int size)
{
	uvlong sum;
	int i;

	fill(from, size+8);
	from[size+7] = 'z';
	sum = 0;
	for(i = 0; i < n; i++)
		sum += strchr(from + (i & 7), 'z') - from;
	return sum;
}

/* equal but for the last byte */
static uvlong
orders(int n, int size)
{
	uvlong sum;
	int i;

	fill(from, size+8);
	fill(to, size+8);
	to[size+7] = 'z';
	sum = 0;
	for(i = 0; i < n; i++)
		sum += strcmp(from + (i & 7), to + (i & 7)) < 0;
	return sum;
}

static uvlong
stringcopies(int n, int size)
{
	int i;

	fill(from, size+8);
	for(i = 0; i < n; i++)
		strcpy(to + (i & 3), from + (i & 7));
	return sumof(to, 8);
}

Case memorycases[] =
{
	{"memcpy of 24", copies, 24, 10000000},
	{"memcpy of 1000", copies, 1000, 1000000},
	{"memcpy of 65536", copies, 65536, 30000},
	{"memmove of 24", moves, 24, 4000000},
	{"memmove of 1000", moves, 1000, 400000},
	{"memset of 24", sets, 24, 10000000},
	{"memset of 1000", sets, 1000, 2000000},
	{"memset of 65536", sets, 65536, 60000},
	{"memcmp of 24", compares, 24, 8000000},
	{"memcmp of 1000", compares, 1000, 300000},
	{"memchr of 12", searches, 12, 4000000},
	{"memchr of 1000", searches, 1000, 300000},
	{"strlen of 12", lengths, 12, 7000000},
	{"strlen of 1000", lengths, 1000, 400000},
	{"strchr of 12", finds, 12, 8000000},
	{"strchr of 1000", finds, 1000, 400000},
	{"strcmp of 3", orders, 3, 5000000},
	{"strcmp of 12", orders, 12, 2000000},
	{"strcmp of 1000", orders, 1000, 100000},
	{"strcpy of 12", stringcopies, 12, 4000000},
	{"strcpy of 1000", stringcopies, 1000, 300000},
	{nil},
};
