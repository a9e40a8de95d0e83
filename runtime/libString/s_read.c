#include <u.h>
#include <libc.h>
#include <bio.h>
#include <String.h>
#include "simpl.h"

enum
{
	Room = 256,	/* for less than this there is no reading */
};

/* Appends up to n bytes; how many. */
int
s_read(Biobuf *b, String *s, int n)
{
	int m, got;

	_sown(s, "s_read");
	for(got = 0; got < n; got += m){
		_sroom(s, Room);
		m = s->end - s->ptr;
		if(m > n-got)
			m = n-got;
		m = Bread(b, s->ptr, m);
		if(m <= 0)
			break;
		s->ptr += m;
	}
	s_terminate(s);
	return got;
}
