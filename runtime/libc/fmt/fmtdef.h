/*
 * What the files of print share; not for programs.
 *
 * All of it but the verbs e f g and the functions with `...` is compiled for
 * integer registers only, in both flavours of the library: a note handler
 * may print.
 */
#include <elf9va.h>

typedef int (*Fmts)(Fmt*);

enum
{
	Fmtbufsize = 256,	/* bytes that fprint collects before it writes */
	Fmtdigits = 66,		/* zeros are put before a number up to this length */
};

/* output: 0, or -1 when there is no more room and no more can be made */
extern	int	_fmtflush(Fmt*, int);
extern	int	_fmtput(Fmt*, Rune);
extern	int	_fmtbytes(Fmt*, char*, int);
extern	int	_fmtutf(Fmt*, char*, char*, int);
extern	int	_fmtpad(Fmt*, int);
extern	int	_fmtcpy(Fmt*, char*, int, int);
extern	int	_fmtrcpy(Fmt*, Rune*, int);

extern	int	_fmtfdflush(Fmt*);
extern	void*	_fmtdispatch(Fmt*, void*, int);
extern	Fmts	_fmtinstalled(int);
extern	uint	_fmtascii[4], _fmtdoubles[4];
extern	int	_fmtinstall(int, Fmts, int);

/* verbs */
extern	int	_badfmt(Fmt*);
extern	int	_floatfmt(Fmt*);
extern	Fmts	_fmtfloat;	/* _floatfmt; nil in the library of programs without float=True */
extern	int	_flagfmt(Fmt*);
extern	int	_intfmt(Fmt*, int, int);

/* a buffer of n bytes or runes that does not grow */
extern	void	_fmtfixed(Fmt*, int, void*, int);

/* decimal digits of a double's bits, for any file: see fltdigits.c */
typedef struct Digits Digits;
struct Digits
{
	int	exp;		/* of ten, of the first digit */
	int	n;		/* digits in s */
	char	s[352];
};
extern	void	_fltdigits(Digits*, uvlong, int, int);
