/*
 * The arguments of a function like print, which a note handler may call; not
 * for programs.  A handler that touches a register for doubles dies.
 *
 * On arm64 GCC's va_start keeps all of them.  So such a function is GENERAL,
 * and va_startfmt keeps them only if the format has a verb that may take a
 * double: until then nothing has changed them.  On amd64 a caller without
 * doubles says so itself.  And where GCC may use them it copies structs by
 * them, so the va_list is handed on by its address.
 */
#ifdef ELF9_FLOAT
#define NOFLOATS __attribute__((target("general-regs-only")))	/* its arguments are never doubles */
#else
#define NOFLOATS
#endif

#if defined(ELF9_FLOAT) && defined(__aarch64__)

extern	int	_fmtfloats(char*);

typedef struct Vregs Vregs;
struct Vregs
{
	uvlong	q[8][2];
} __attribute__((aligned(16)));

#define GENERAL NOFLOATS
#define va_startfmt(args, fmt) \
	Vregs _regs;\
	va_start(args, fmt);\
	if(_fmtfloats(fmt)){\
		__asm__ volatile(\
			"stp q0, q1, [%1]\n\t"\
			"stp q2, q3, [%1, #32]\n\t"\
			"stp q4, q5, [%1, #64]\n\t"\
			"stp q6, q7, [%1, #96]"\
			: "=m"(_regs) : "r"(&_regs));\
		args.v.__vr_top = &_regs + 1;\
		args.v.__vr_offs = -(int)sizeof _regs;\
	}

#else

#define GENERAL
#define va_startfmt(args, fmt) va_start(args, fmt)

#endif

/* print and its kind, by pointer */
extern	int	_vfprint(int, char*, va_list*);
extern	int	_vsnprint(char*, int, char*, va_list*);
extern	char*	_vseprint(char*, char*, char*, va_list*);
extern	char*	_vsmprint(char*, va_list*);
extern	int	_runevsnprint(Rune*, int, char*, va_list*);
extern	Rune*	_runevseprint(Rune*, Rune*, char*, va_list*);
extern	Rune*	_runevsmprint(char*, va_list*);
extern	int	_fmtvprint(Fmt*, char*, va_list*);
extern	void	_vsysfatal(char*, va_list*);
