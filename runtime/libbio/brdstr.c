#include <u.h>
#include <libc.h>
#include <bio.h>

/* A line of any length, or what the file has instead of one at its end. */
char*
Brdstr(Biobufhdr *b, int delim, int nulldelim)
{
	char *s, *t;
	uchar *p;
	int n, m, full;

	s = nil;
	n = 0;
	do{
		p = Brdline(b, delim);
		m = b->rdline;
		full = 0;
		if(p == nil){
			if(m == 0)
				break;
			full = m >= b->bsize;
			p = b->ebuf + b->icount;
			b->icount += m;
		}else if(nulldelim)
			m--;
		t = realloc(s, n+m+1);
		if(t == nil){
			free(s);
			b->rdline = 0;
			return nil;
		}
		s = t;
		memmove(s+n, p, m);
		n += m;
	}while(full);
	if(s != nil)
		s[n] = '\0';
	b->rdline = n;
	return s;
}
