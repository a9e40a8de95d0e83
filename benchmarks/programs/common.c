#include "bench.h"

/*
 * main of nearly every program: NAME [N [WHAT [OPERAND ...]]] does N units of
 * work and prints "NAME N CHECKSUM".  The line is the same on Plan 9 and on Linux.
 */

char **operands;

static uint32_t
number(const char *s)
{
	uint32_t n;

	for(n = 0; *s >= '0' && *s <= '9'; s++)
		n = n*10 + (uint32_t)(*s - '0');
	return n;
}

static char*
putword(char *p, const char *s)
{
	while(*s != 0)
		*p++ = *s++;
	return p;
}

static char*
putnumber(char *p, uint64_t n, uint32_t base, uint32_t width)
{
	char digits[20];
	uint32_t i;

	i = 0;
	do
		digits[i++] = "0123456789abcdef"[n % base];
	while((n /= base) != 0 || i < width);
	while(i > 0)
		*p++ = digits[--i];
	return p;
}

int
main(int argc, char **argv)
{
	char line[128], *p;
	uint32_t n;

	operands = argv + (argc > 3? 3: argc);
	n = argc > 1? number(argv[1]): 1;
	p = putword(line, name);
	*p++ = ' ';
	p = putnumber(p, n, 10, 1);
	*p++ = ' ';
	p = putnumber(p, run(n, argc > 2? argv[2]: ""), 16, 16);
	*p++ = '\n';
	emit(line, (uint32_t)(p - line));
	return 0;
}
