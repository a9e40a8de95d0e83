#include <u.h>
#include <libc.h>

int
strncmp(char *s, char *t, long n)
{
	uchar *a, *b;

	a = (uchar*)s;
	b = (uchar*)t;
	for(; n > 0; n--){
		if(*a != *b)
			return *a > *b ? 1 : -1;
		if(*a == '\0')
			break;
		a++;
		b++;
	}
	return 0;
}
