#include <u.h>
#include <libc.h>

/* test_doubles.py calls these with the bits of doubles. */

typedef union Bits Bits;
union Bits
{
	double	d;
	uvlong	u;
};

int
format(char *buf, int n, char *fmt, uvlong bits)
{
	Bits b;

	b.u = bits;
	return snprint(buf, n, fmt, b.d);
}

uvlong
parse(char *s, char **end)
{
	Bits b;

	b.d = strtod(s, end);
	return b.u;
}

/* or the linker leaves them out */
void *functions[] = {format, parse, nil};

void
main(int argc, char **argv)
{
	USED(argv);
	exits(functions[argc] == nil ? "none" : nil);
}
