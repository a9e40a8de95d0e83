/* Regular expressions.  Include u.h and libc.h first. */
#ifndef _REGEXP_H_
#define _REGEXP_H_

#pragma lib "libregexp.a"
#pragma src "/sys/src/libregexp"

#ifdef __cplusplus
extern "C" {
#endif

enum
{
	OANY = 0,
	OBOL,
	OCLASS,
	OEOL,
	OJMP,
	ONOTNL,
	ORUNE,
	OSAVE,
	OSPLIT,
	OUNSAVE,
};

typedef struct Resub Resub;
typedef struct Reinst Reinst;
typedef struct Reprog Reprog;
typedef struct Rethread Rethread;
#pragma incomplete Reinst
#pragma incomplete Rethread

/* what matched: all of it in [0], then what the parentheses matched */
struct Resub
{
	union{
		char	*sp;
		Rune	*rsp;
	};
	union{
		char	*ep;
		Rune	*rep;
	};
};

struct Reprog
{
	Reinst	*startinst;
	Rethread	*threads;
	char	*regstr;
	int	len;
	int	nthr;
};

extern	Reprog*	regcomp(char*);
extern	Reprog*	regcomplit(char*);
extern	Reprog*	regcompnl(char*);
extern	void	regerror(char*);
extern	int	regexec(Reprog*, char*, Resub*, int);
extern	void	regsub(char*, char*, int, Resub*, int);
extern	int	rregexec(Reprog*, Rune*, Resub*, int);
extern	void	rregsub(Rune*, Rune*, int, Resub*, int);
extern	int	reprogfmt(Fmt*);

#ifdef __cplusplus
}
#endif

#endif
