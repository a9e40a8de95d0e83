#include <u.h>
#include <libc.h>
#include "dirstat.h"

Dir*
dirstat(char *name)
{
	return _dirstat(name, -1);
}
