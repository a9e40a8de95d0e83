#include "bench.h"

/*
 * n thousand steps along a ring that visits 16 MiB in no order, a new page
 * at nearly every step: what a working set larger than the emulator's
 * translation buffer costs.
 */
const char *const name = "chase";

enum { Cells = 1<<22 };

static uint32_t next[Cells];

uint64_t
run(uint32_t n, const char *what)
{
	uint32_t i, at;
	uint64_t sum;

	(void)what;
	/* a full-period generator modulo a power of two is a ring of every cell */
	for(i = 0; i < Cells; i++)
		next[i] = (i*1664525u + 1013904223u) % Cells;
	at = 0;
	sum = 0;
	for(i = 0; i < n*1000; i++){
		at = next[at];
		sum = sum*3 + at;
	}
	return sum;
}
