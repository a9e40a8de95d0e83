#include <u.h>
#include <libc.h>

/* Ends the connection of a control file; not 0 if that failed. */
int
hangup(int ctl)
{
	return write(ctl, "hangup", 6) != 6;
}
