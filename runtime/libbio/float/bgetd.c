#include <u.h>
#include <libc.h>
#include <bio.h>

typedef struct Source Source;
struct Source
{
	Biobufhdr	*b;
	int	eof;
};

static int
next(void *v)
{
	Source *s;
	int c;

	s = v;
	c = Bgetc(s->b);
	if(c == Beof)
		s->eof = 1;
	return c;
}

/*
 * charstod reads one byte more than the number has; at the end of the file
 * there is none, and the number is lost.  What is no number is 0.
 */
int
Bgetd(Biobufhdr *b, double *d)
{
	Source s;
	double v;

	s.b = b;
	s.eof = 0;
	v = charstod(next, &s);
	if(s.eof)
		return -1;
	Bungetc(b);
	*d = v;
	return 1;
}
