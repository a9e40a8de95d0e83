#ifdef __x86_64__
#include "deaths_amd64.S"
#else
#include "deaths_arm64.S"
#endif
