/* The structure at the top of every process's stack; the kernel writes it. */
#ifndef _TOS_H_
#define _TOS_H_

typedef struct Tos Tos;
typedef struct Plink Plink;
#pragma incomplete Plink

struct Tos
{
	struct
	{
		Plink	*pp;
		Plink	*next;
		Plink	*last;
		Plink	*first;
		ulong	pid;
		ulong	what;
	} prof;		/* profiling of this process */
	uvlong	cyclefreq;	/* Hz of the cycle counter, 0 if there is none */
	vlong	kcycles;	/* cycles spent in the kernel */
	vlong	pcycles;	/* cycles spent in the process, kernel included */
	ulong	pid;
	ulong	clock;		/* ms of user time */
};

#ifdef __cplusplus
extern "C" Tos	*_tos;
#else
extern	Tos	*_tos;
#endif

#endif
