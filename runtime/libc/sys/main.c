#include <u.h>
#include <libc.h>
#undef main

extern void p9main(int, char**);

/*
 * Linked only when the program has no main of its own, that is when its main
 * was compiled with libc.h, where it is called p9main.
 */
int
main(int argc, char **argv)
{
	p9main(argc, argv);
	exits("main");
}
