#include <u.h>
#include <libc.h>

/* ASCII only. */
int
tolower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a'-'A' : c;
}

int
toupper(int c)
{
	return c >= 'a' && c <= 'z' ? c + 'A'-'a' : c;
}
