#include <u.h>
#include <libc.h>

/* strncmp that takes A for a, ASCII only */
int
cistrncmp(char *a, char *b, int n)
{
	int x, y;

	for(; n > 0; n--, a++, b++){
		x = *(uchar*)a;
		y = *(uchar*)b;
		if(x != y){
			if(x >= 'A' && x <= 'Z')
				x += 'a' - 'A';
			if(y >= 'A' && y <= 'Z')
				y += 'a' - 'A';
			if(x != y)
				return x - y;
		}
		if(x == '\0')
			return 0;
	}
	return 0;
}
