#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/*
 * A double reaches print in a floating-point register, which a program
 * without float=True has none of: there, e f and g are verbs that nobody has
 * installed.
 */
#ifdef ELF9_FLOAT
Fmts _fmtfloat = _floatfmt;
#else
Fmts _fmtfloat;
#endif
