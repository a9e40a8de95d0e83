#include <u.h>
#include <libc.h>

/* strcmp that takes A for a, ASCII only */
int
cistrcmp(char *a, char *b)
{
	int x, y;

	for(;; a++, b++){
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
}
