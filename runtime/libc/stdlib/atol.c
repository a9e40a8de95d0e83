#include <u.h>
#include <libc.h>

int
atoi(char *s)
{
	uint n;
	int neg;

	while(*s == ' ' || *s == '\t')
		s++;
	neg = *s == '-';
	if(*s == '-' || *s == '+')
		s++;
	for(n = 0; *s >= '0' && *s <= '9'; s++)
		n = n*10 + (*s - '0');
	return neg ? -n : n;
}
