#include "bench.h"

/* A loop of n system calls of one kind, or of none. */
const char *const name = "calls";

uint64_t
run(uint32_t n, const char *what)
{
	int64_t (*one)(void);
	uint32_t i, good;

	switch(what[0]){
	case 'n':
		one = callnumber;
		break;
	case 's':
		one = callseek;
		break;
	default:
		one = callnothing;
		break;
	}
	good = 0;
	for(i = 0; i < n; i++)
		good += one() >= 0;
	return good;
}
