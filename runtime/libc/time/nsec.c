#include <u.h>
#include <libc.h>

/* Nanoseconds since 1970: by the system call, so that no /dev/bintime stays open. */
vlong
nsec(void)
{
	return _nsec();
}
