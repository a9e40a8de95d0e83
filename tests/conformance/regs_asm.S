#ifdef __x86_64__
#include "regs_amd64.S"
#else
#include "regs_arm64.S"
#endif
