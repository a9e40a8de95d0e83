#include <u.h>
#include <libc.h>

int
atoi(char *s)
{
	return strtol(s, nil, 10);
}

long
atol(char *s)
{
	return strtol(s, nil, 10);
}
