#include <u.h>
#include <libc.h>
#include <thread.h>

/* Linked only if the program does not say it. */
int mainstacksize = 8192;
