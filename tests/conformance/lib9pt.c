/* The file servers of lib9p.c are procs of a threaded program. */
#define THREADS
#include "lib9p.c"
