#include "library.h"

/* snprint beside snprintf: both know these verbs, and print the same. */

static char line[256];

static uvlong
text(int n, int size)
{
	uvlong sum;
	int i;

	sum = size;
	for(i = 0; i < n; i++)
		sum += snprint(line, sizeof line, "no verb at all\n");
	return sum + sumof(line, 8);
}

static uvlong
decimal(int n, int size)
{
	uvlong sum;
	int i;

	sum = size;
	for(i = 0; i < n; i++){
		sum += snprint(line, sizeof line, "%d", i*1201);
		sum += line[i & 1];
	}
	return sum;
}

static uvlong
hexadecimal(int n, int size)
{
	uvlong sum;
	int i;

	sum = size;
	for(i = 0; i < n; i++){
		sum += snprint(line, sizeof line, "%x", i & 0xFFFFFF);
		sum += line[0];
	}
	return sum;
}

static uvlong
string(int n, int size)
{
	uvlong sum;
	int i;

	sum = size;
	for(i = 0; i < n; i++)
		sum += snprint(line, sizeof line, "%s", "a string to be printed" + (i & 7));
	return sum + sumof(line, 8);
}

static uvlong
mixed(int n, int size)
{
	uvlong sum;
	int i;

	sum = size;
	for(i = 0; i < n; i++){
		sum += snprint(line, sizeof line, "%s:%d: %-10s|%8d %#x %c\n", "file.c", i, "word", i*7, i*31 + 1, 'a' + i%26);
		sum += line[10];
	}
	return sum;
}

Case printcases[] =
{
	{"print of no verb", text, 0, 700000},
	{"print of %d", decimal, 0, 500000},
	{"print of %x", hexadecimal, 0, 400000},
	{"print of %s", string, 0, 400000},
	{"print of six verbs", mixed, 0, 70000},
	{nil},
};
