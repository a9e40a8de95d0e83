/*
 * What the benchmark programs share.  Each is written once and compiled twice:
 * by elf9 for Plan 9 with plan9.c, and freestanding for Linux with linux.c.
 *
 * ISO C without u.h, so that long would mean the same in both; say uint32_t.
 */
#include <stddef.h>
#include <stdint.h>

/* of the program */
extern	const char	*const name;
extern	uint64_t	run(uint32_t n, const char *what);	/* n: how much work; what: which, or "" */

/* of the system: plan9.c, linux.c */
extern	void	emit(const char *text, uint32_t n);	/* writes to standard output */
extern	int64_t	callnothing(void);	/* a function that does no system call */
extern	int64_t	callnumber(void);	/* the cheapest call: no arguments, a number comes back */
extern	int64_t	callseek(void);	/* asks where an open file stands */
extern	void	*memcpy(void*, const void*, size_t);	/* elf9's runtime/ARCH/memmove.S on both */
