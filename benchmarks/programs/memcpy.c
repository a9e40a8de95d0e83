#include "bench.h"

/* Copies as programs make them: many of 24 bytes, fewer of 1000, some of 64 KiB; n rounds. */
const char *const name = "memcpy";

enum { Small = 24, Middle = 1000, Large = 65536 };

static uint8_t from[Large + 64], to[Large + 64];

uint64_t
run(uint32_t n, const char *what)
{
	uint32_t i, j;
	uint64_t sum;

	(void)what;
	for(i = 0; i < sizeof from; i++)
		from[i] = (uint8_t)(i*13 + i/251);
	sum = 0;
	for(i = 0; i < n; i++){
		from[i % Large]++;
		for(j = 0; j < 512; j++)
			memcpy(to + j*Small, from + (j*Small ^ 32), Small);
		sum += to[(i*Small + 5) % (512*Small)];
		for(j = 0; j < 64; j++)
			memcpy(to + j*Middle + (i & 7), from + j*Middle, Middle);
		sum += to[(i*Middle + 9) % Large];
		memcpy(to + (i & 15), from, Large);
		sum = sum*31 + to[(i*17) % Large];
	}
	return sum;
}
