/*
 * What the benchmark programs share.  Each is written once and compiled twice:
 * by elf9 for Plan 9 with plan9.c, and freestanding for Linux with linux.c.
 *
 * ISO C without u.h, so that long would mean the same in both; say uint32_t.
 */
#include <stddef.h>
#include <stdint.h>

/* of common.c */
extern	char	**operands;	/* the arguments behind WHAT, nil behind the last */

/* of the program */
extern	const char	*const name;
extern	uint64_t	run(uint32_t n, const char *what);	/* n: how much work; what: which, or "" */

/* of the system: plan9.c, linux.c */
extern	void	emit(const char *text, uint32_t n);	/* writes to standard output */
extern	int64_t	callnothing(void);	/* a function that does no system call */
extern	int64_t	callnumber(void);	/* the cheapest call: no arguments, a number comes back */
extern	int64_t	callseek(void);	/* asks where an open file stands */
extern	int64_t	callopen(const char *file);	/* to read */
extern	int64_t	callread(int32_t fd, void *to, uint32_t n);
extern	int64_t	callwrite(int32_t fd, const void *from, uint32_t n);
extern	int64_t	callclose(int32_t fd);
extern	int64_t	callpipe(int32_t *fd);	/* fd[1] is written, fd[0] read */
extern	int64_t	callfork(void);	/* the child has its own descriptors and memory; it gets 0 */
extern	int64_t	callexec(char **argv);	/* only returns if it fails */
extern	int64_t	callwait(void);	/* until a child has ended; negative if there is none */
extern	void	callexit(void);
extern	void	*callmemory(uint64_t n);	/* n bytes nobody has touched */
extern	void	onecpu(void);	/* for this process and its children, where there is a choice */
extern	uint64_t	alternate(uint32_t n);	/* n switches between two processes that share memory */
extern	void	*memcpy(void*, const void*, size_t);	/* elf9's runtime/ARCH/memmove.S on both */
