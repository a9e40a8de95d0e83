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

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>

#undef NULL
#define long int

#define nil ((void*)0)

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

typedef uint Rune;

/* the compiler's built-ins of Plan 9: each of up to eight arguments counts as used */
#define _USED1(a) ((void)(a))
#define _USED2(a, ...) (_USED1(a), _USED1(__VA_ARGS__))
#define _USED3(a, ...) (_USED1(a), _USED2(__VA_ARGS__))
#define _USED4(a, ...) (_USED1(a), _USED3(__VA_ARGS__))
#define _USED5(a, ...) (_USED1(a), _USED4(__VA_ARGS__))
#define _USED6(a, ...) (_USED1(a), _USED5(__VA_ARGS__))
#define _USED7(a, ...) (_USED1(a), _USED6(__VA_ARGS__))
#define _USED8(a, ...) (_USED1(a), _USED7(__VA_ARGS__))
#define _USEDN(a, b, c, d, e, f, g, h, name, ...) name
#define USED(...) _USEDN(__VA_ARGS__, _USED8, _USED7, _USED6, _USED5, _USED4, _USED3, _USED2, _USED1, 0)(__VA_ARGS__)
#define SET(x) ((x) = 0)

#endif
