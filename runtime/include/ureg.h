/* The registers that a note handler gets.  Include u.h first. */
#ifndef _UREG_H_
#define _UREG_H_

#ifdef __aarch64__
#include "arm64/ureg.h"
#else
#include "amd64/ureg.h"
#endif

#endif
