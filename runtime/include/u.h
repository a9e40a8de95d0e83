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

#define USED(...) ((void)(0, ##__VA_ARGS__))
#define SET(x) ((x) = 0)

#endif
