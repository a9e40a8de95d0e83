#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/* Returns what Bflush does.  What Bopen or Bfdopen made is closed and freed. */
int
Bterm(Biobufhdr *b)
{
	int r;

	_Bflushed(b);
	r = Bflush(b);
	if(b->flag == Bmagic){
		b->flag = 0;
		close(b->fid);
		b->fid = -1;
		free(b);
	}
	return r;
}
