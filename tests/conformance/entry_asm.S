#ifdef __x86_64__
#include "entry_amd64.S"
#else
#include "entry_arm64.S"
#endif
