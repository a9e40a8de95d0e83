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
	double r;
	int i;

	r = x > 1 ? x : 1;
	for(i = 0; i < 60; i++)
		r = (r + x/r)/2;
	return r;
}

void
main(int argc, char *argv[])
{
	double r;
	int i;

	for(i = 1; i < argc; i++){
		r = root(atoi(argv[i]));
		print("%s: %d.%06d\n", argv[i], (int)r, (int)(r*1e6) % 1000000);
	}
	r = argc - argc;
	print("1/0 is %sfinite\n", 1/r - 1/r == 0 ? "" : "in");
	exits(nil);
}
