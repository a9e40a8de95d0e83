#include "library.h"

/*
 * library CASE [N]: does N units of a case and prints a checksum.
 * library all [N]: of every case, and prints one of them all.
 * library: prints each case, how many units are some tenths of a second, and its name.
 */

static Case *families[] =
{
#ifdef FLOAT
	floatcases,
#else
	memorycases,
	printcases,
	malloccases,
	sortcases,
	biocases,
#endif
};

void
main(int argc, char *argv[])
{
	uvlong sum;
	Case *c;
	int i, n, all;

#ifdef MUSL
	musl_start();
#endif
	n = argc > 2 ? atoi(argv[2]) : 1;
	all = argc > 1 && (strcmp)(argv[1], "all") == 0;
	sum = 0;
	for(i = 0; i < nelem(families); i++)
		for(c = families[i]; c->name != nil; c++)
			if(argc < 2)
				print("%d %s\n", c->units, c->name);
			else if(n > 0 && (all || (strcmp)(c->name, argv[1]) == 0))
				sum = sum*31 + c->run(n, c->size);
	if(argc > 1)
		print("%llux\n", sum);
	exits(nil);
}
