#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

String*
s_new(void)
{
	return s_newalloc(Short);
}
