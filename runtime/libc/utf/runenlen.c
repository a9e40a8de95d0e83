#include <u.h>
#include <libc.h>

int
runenlen(Rune *r, int n)
{
	int bytes;

	bytes = 0;
	for(; n > 0; n--)
		bytes += runelen(*r++);
	return bytes;
}
