#include <u.h>
#include <libc.h>

int
strcmp(char *s, char *t)
{
	uchar *a, *b;

	a = (uchar*)s;
	b = (uchar*)t;
	while(*a == *b && *a != '\0'){
		a++;
		b++;
	}
	return (*a > *b) - (*a < *b);
}
