#include <limits.h>
#include <stdint.h>

_Static_assert(sizeof(long) == 8 && LONG_MAX == INT64_MAX, "ISO programs keep GCC's long");

int
main(int argc, char **argv)
{
	return argv[argc] == 0 ? argc-1 : -1;
}
