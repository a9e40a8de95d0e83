#include <u.h>
#include <libc.h>

/* strstr that takes A for a, ASCII only */
char*
cistrstr(char *a, char *b)
{
	char first[3];
	int n;

	if(*b == '\0')
		return a;
	first[0] = *b;
	first[1] = *b;
	first[2] = '\0';
	if(*b >= 'A' && *b <= 'Z')
		first[1] += 'a' - 'A';
	else if(*b >= 'a' && *b <= 'z')
		first[1] += 'A' - 'a';
	n = strlen(b);
	for(; (a = strpbrk(a, first)) != nil; a++)
		if(cistrncmp(a, b, n) == 0)
			return a;
	return nil;
}
