#include <u.h>
#include <libc.h>
#include <bio.h>

/* Returns how many bytes the rune has. */
int
Bputrune(Biobufhdr *b, long c)
{
	char s[UTFmax];
	Rune r;
	int n;

	r = c;
	if(r < Runeself)
		return Bputc(b, r) < 0 ? Beof : 1;
	n = runetochar(s, &r);
	return Bwrite(b, s, n) == n ? n : Beof;
}
