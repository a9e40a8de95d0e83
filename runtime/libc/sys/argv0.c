#include <u.h>
#include <libc.h>

char *argv0;	/* ARGBEGIN sets it */
