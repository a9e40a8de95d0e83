/*
 * The types of Plan 9 C.  Include it first.
 *
 * GCC's long has 64 bits on these machines, Plan 9's has 32: below, long is
 * int and vlong is the 64-bit type.  Write vlong, never long long.  GCC's own
 * headers mean their long, so they are included before the word changes;
 * a header of your own that wants GCC's long goes before u.h as well.
 */
#ifndef _U_H_
#define _U_H_

/*
 * Plan 9's compiler says nothing about these, and its programs are full of
 * them.  Define ELF9_WARN to hear GCC's opinion.
 */
#if !defined(ELF9_WARN) && !defined(__cplusplus)
#pragma GCC diagnostic ignored "-Wchar-subscripts"
#pragma GCC diagnostic ignored "-Wcomment"
#pragma GCC diagnostic ignored "-Wdangling-else"
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"
#pragma GCC diagnostic ignored "-Wendif-labels"
#pragma GCC diagnostic ignored "-Wenum-conversion"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#pragma GCC diagnostic ignored "-Wimplicit-int"
#pragma GCC diagnostic ignored "-Wmissing-braces"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Wswitch"
#pragma GCC diagnostic ignored "-Wtrigraphs"
#endif

/* the build sees by it that string literals may be written to, as on Plan 9 */
#ifndef __cplusplus
__asm__(".pushsection .plan9.dialect,\"\",%progbits\n\t.popsection");
#endif

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>

#undef NULL
#define long int

#ifdef __cplusplus
#define nil nullptr
#else
#define nil ((void*)0)
#endif

typedef unsigned char uchar;
typedef signed char schar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef int vlong __attribute__((mode(DI)));
typedef unsigned int uvlong __attribute__((mode(DI)));
typedef vlong intptr;
typedef uvlong uintptr;
typedef uvlong usize;

typedef uchar u8int;
typedef ushort u16int;
typedef uint u32int;
typedef uvlong u64int;
typedef schar s8int;
typedef short s16int;
typedef int s32int;
typedef vlong s64int;

/*
 * Plan 9's sizeof is an int: read(...) < sizeof buf is true of -1.  (The
 * runtime itself wants sizes of objects beyond 2 GB to be right.)
 */
#if !defined(ELF9_RUNTIME) && !defined(__cplusplus)
#define sizeof (int)sizeof
#endif

/*
 * Plan 9's uchar and ushort become uint in an expression, GCC's int.  The
 * build puts what is shifted to the left into this, see docs/porting.md.
 */
#define _e9u(x) ((x) + _Generic((x), uchar: 0u, ushort: 0u, default: 0))

typedef uint Rune;
typedef uint mpdigit;

/*
 * Plan 9's va_list is a value: assigned, kept in a struct, passed to a
 * function that reads on without its caller noticing.  GCC's is an array on
 * amd64, so it goes into a struct, and the macros look into that.
 */
typedef struct _Valist _Valist;
struct _Valist
{
	__builtin_va_list v;
};
#undef va_start
#undef va_arg
#undef va_end
#undef va_copy
#define va_list _Valist
#define va_start(list, last) __builtin_va_start((list).v, last)
#define va_arg(list, type) __builtin_va_arg((list).v, type)
#define va_end(list) __builtin_va_end((list).v)
#define va_copy(to, from) ((void)((to) = (from)))

/* SP and PC are where Plan 9 has them; behind them is what GCC wants kept */
#ifdef __aarch64__
typedef uintptr jmp_buf[24];	/* SP PC R19..R29 D8..D15 */
#else
typedef uintptr jmp_buf[8];	/* SP PC BX BP R12..R15 */
#endif
#define JMPBUFSP 0
#define JMPBUFPC 1
#define JMPBUFDPC 0

typedef union FPdbleword FPdbleword;
union FPdbleword
{
	double	x;
	struct
	{
		uint	lo;
		uint	hi;
	};
};

/* getfcr, getfsr: exceptions that are enabled, rounding; exceptions that happened */
#ifdef __aarch64__
#define FPINEX (1<<12)
#define FPUNFL (1<<11)
#define FPOVFL (1<<10)
#define FPZDIV (1<<9)
#define FPINVAL (1<<8)
#define FPRNR (0<<22)
#define FPRPINF (1<<22)
#define FPRNINF (2<<22)
#define FPRZ (3<<22)
#define FPRMASK (3<<22)
#define FPAINEX (1<<4)
#define FPAUNFL (1<<3)
#define FPAOVFL (1<<2)
#define FPAZDIV (1<<1)
#define FPAINVAL (1<<0)
#else
#define FPFTZ (1<<15)
#define FPINEX (1<<12)
#define FPUNFL (1<<11)
#define FPOVFL (1<<10)
#define FPZDIV (1<<9)
#define FPDNRM (1<<8)
#define FPINVAL (1<<7)
#define FPDAZ (1<<6)
#define FPRNR (0<<13)
#define FPRNINF (1<<13)
#define FPRPINF (2<<13)
#define FPRZ (3<<13)
#define FPRMASK (3<<13)
#define FPAINEX (1<<5)
#define FPAUNFL (1<<4)
#define FPAOVFL (1<<3)
#define FPAZDIV (1<<2)
#define FPADNRM (1<<1)
#define FPAINVAL (1<<0)
#endif
/* precision: there is only one */
#define FPPEXT 0
#define FPPSGL 0
#define FPPDBL 0
#define FPPMASK 0

/* the compiler's built-ins of Plan 9, each for up to ten arguments: this is used, this is set */
#define _USED1(a) ((void)(a))
#define _USED2(a, ...) (_USED1(a), _USED1(__VA_ARGS__))
#define _USED3(a, ...) (_USED1(a), _USED2(__VA_ARGS__))
#define _USED4(a, ...) (_USED1(a), _USED3(__VA_ARGS__))
#define _USED5(a, ...) (_USED1(a), _USED4(__VA_ARGS__))
#define _USED6(a, ...) (_USED1(a), _USED5(__VA_ARGS__))
#define _USED7(a, ...) (_USED1(a), _USED6(__VA_ARGS__))
#define _USED8(a, ...) (_USED1(a), _USED7(__VA_ARGS__))
#define _USED9(a, ...) (_USED1(a), _USED8(__VA_ARGS__))
#define _USED10(a, ...) (_USED1(a), _USED9(__VA_ARGS__))
#define _SET1(a) ((void)((a) = 0))
#define _SET2(a, ...) (_SET1(a), _SET1(__VA_ARGS__))
#define _SET3(a, ...) (_SET1(a), _SET2(__VA_ARGS__))
#define _SET4(a, ...) (_SET1(a), _SET3(__VA_ARGS__))
#define _SET5(a, ...) (_SET1(a), _SET4(__VA_ARGS__))
#define _SET6(a, ...) (_SET1(a), _SET5(__VA_ARGS__))
#define _SET7(a, ...) (_SET1(a), _SET6(__VA_ARGS__))
#define _SET8(a, ...) (_SET1(a), _SET7(__VA_ARGS__))
#define _SET9(a, ...) (_SET1(a), _SET8(__VA_ARGS__))
#define _SET10(a, ...) (_SET1(a), _SET9(__VA_ARGS__))
#define _TENTH(a, b, c, d, e, f, g, h, i, j, name, ...) name
#define USED(...) _TENTH(__VA_ARGS__, _USED10, _USED9, _USED8, _USED7, _USED6,\
	_USED5, _USED4, _USED3, _USED2, _USED1, 0)(__VA_ARGS__)
#define SET(...) _TENTH(__VA_ARGS__, _SET10, _SET9, _SET8, _SET7, _SET6,\
	_SET5, _SET4, _SET3, _SET2, _SET1, 0)(__VA_ARGS__)

#endif
