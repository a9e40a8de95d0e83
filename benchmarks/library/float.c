#include "library.h"

/* Numbers with a fraction, in programs with float=True. */

static char line[64];

static uvlong
printed(int n, int size)
{
	static char *formats[] = {"%g", "%.3f", "%.17g", "%e"};
	uvlong sum;
	double v;
	int i;

	sum = 0;
	v = 1.25e-5;
	for(i = 0; i < n; i++){
		snprint(line, sizeof line, formats[size], v);
		sum += line[0] + line[2];	/* not the exponent: C wants two digits of it */
		v = v*1.03125;
		if(v > 1e9)
			v = 1.25e-5;
	}
	return sum;
}

static uvlong
scanned(int n, int size)
{
	static char *short_[] = {"1.5", "10", "0.001", "3.25e4"};
	static char *long_[] = {"3.141592653589793", "2.2250738585072014e-308", "6.02214076e23", "123456789.123456789"};
	union
	{
		double	d;
		uvlong	v;
	} u;
	uvlong sum;
	int i;

	sum = 0;
	for(i = 0; i < n; i++){
		u.d = strtod((size ? long_ : short_)[i & 3], nil);
		sum = sum*31 + u.v;
	}
	return sum;
}

Case floatcases[] =
{
	{"print of %g", printed, 0, 100000},
	{"print of %.3f", printed, 1, 100000},
	{"print of %.17g", printed, 2, 100000},
	{"print of %e", printed, 3, 100000},
	{"strtod of short numbers", scanned, 0, 1000000},
	{"strtod of long numbers", scanned, 1, 80000},
	{nil},
};
