#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

char*
estrdup9p(char *s)
{
	char *t;

	t = strdup(s);
	if(t == nil){
		fprint(2, "out of memory in strdup(%.20s)\n", s);
		exits("mem");
	}
	setmalloctag(t, getcallerpc(&s));
	return t;
}
