#include <u.h>
#include <libc.h>
#include "dirstat.h"

int
dirwstat(char *name, Dir *d)
{
	return _dirwstat(name, -1, d);
}
