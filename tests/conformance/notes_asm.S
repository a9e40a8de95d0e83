#ifdef __x86_64__
#include "notes_amd64.S"
#else
#include "notes_arm64.S"
#endif
