#ifdef __x86_64__
#include "note_amd64.S"
#else
#include "note_arm64.S"
#endif
