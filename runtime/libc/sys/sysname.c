#include <u.h>
#include <libc.h>
#include <elf9.h>

/* The machine's name, read once; empty if it has none. */
char*
sysname(void)
{
	static char name[128];

	if(name[0] == '\0')
		_slurp("/dev/sysname", name, sizeof name);
	return name;
}
