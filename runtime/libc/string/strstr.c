#include <u.h>
#include <libc.h>

/* where b begins in a */
char*
strstr(char *a, char *b)
{
	long i, n;
	uint hash, want, power;
	char *p;

	if(*b == '\0')
		return a;
	a = strchr(a, *b);
	if(a == nil || b[1] == '\0')
		return a;
	n = strlen(b);
	if(n < 8){
		for(; a != nil; a = strchr(a+1, *b)){
			for(i = 1; i < n && a[i] == b[i]; i++)
				;
			if(i == n)
				return a;
		}
		return nil;
	}

	/* a rolling sum of n bytes: no pattern makes this more than a few steps a byte */
	want = hash = 0;
	power = 1;
	for(i = 0; i < n; i++){
		if(a[i] == '\0')
			return nil;
		want = want*31 + (uchar)b[i];
		hash = hash*31 + (uchar)a[i];
		power *= 31;
	}
	for(p = a+n;; p++){
		if(hash == want && memcmp(p-n, b, n) == 0)
			return p-n;
		if(*p == '\0')
			return nil;
		hash = hash*31 + (uchar)*p - power*(uchar)p[-n];
	}
}
