#include <u.h>
#include <libc.h>

/* for doquote: what means something to rc */
int
needsrcquote(int c)
{
	return c <= ' ' || (c < Runeself && strchr("`^#*[]=|\\?${}()'<>&;", c) != nil);
}
