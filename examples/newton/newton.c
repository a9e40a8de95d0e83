#include <u.h>
#include <libc.h>

/*
 * Square roots by Newton's method.  float=True in the SConscript lets the
 * compiler use the floating-point registers, and has the runtime set IEEE
 * arithmetic up: the kernel starts amd64 programs with exceptions that trap.
 */
static double
root(double x)
{
	double old, r;

	if(x < 0)
		return NaN();
	if(x == 0 || isInf(x, 1))
		return x;
	r = x > 1 ? x : 1;
	do{
		old = r;
		r = (r + x/r)/2;
	}while(r < old);	/* it falls to the root, and then no more */
	return r;
}

static void
usage(void)
{
	fprint(2, "usage: %s number ...\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	double x;
	char *end;

	argv0 = argv[0];	/* no ARGBEGIN: -2 is a number */
	if(argc < 2)
		usage();
	while(--argc > 0){
		x = strtod(*++argv, &end);
		if(end == *argv || *end != '\0')
			usage();
		print("%g: %.10g\n", x, root(x));
	}
	x = argc;
	print("1/0: %g\n", 1/x);
	exits(nil);
}
