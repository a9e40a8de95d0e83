#include <u.h>
#include <libc.h>

/* Prints its name and its arguments, one a line. */
void
main(int argc, char *argv[])
{
	int i;

	for(i = 0; i < argc; i++)
		print("%s\n", argv[i]);
	exits(nil);
}
