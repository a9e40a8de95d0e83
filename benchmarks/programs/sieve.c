#include "bench.h"

/* The sieve of Eratosthenes over odd numbers below a million, n times; counts the primes. */
const char *const name = "sieve";

enum { Odds = 500000 };

static uint8_t composite[Odds];

uint64_t
run(uint32_t n, const char *what)
{
	uint32_t i, k, prime, count;
	uint64_t sum;

	(void)what;
	sum = 0;
	while(n-- > 0){
		for(i = 0; i < Odds; i++)
			composite[i] = 0;
		count = 1;
		for(i = 1; i < Odds; i++){
			if(composite[i])
				continue;
			count++;
			prime = 2*i + 1;
			for(k = i + prime; k < Odds; k += prime)
				composite[k] = 1;
		}
		sum = sum*31 + count;
	}
	return sum;
}
