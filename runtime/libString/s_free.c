#include <u.h>
#include <libc.h>
#include <String.h>

/* Gives a reference back; with the last one the String goes. */
void
s_free(String *s)
{
	int ref;

	if(s == nil)
		return;
	lock(s);
	ref = --s->ref;
	unlock(s);
	if(ref != 0)
		return;
	if(!s->fixed)
		free(s->base);
	free(s);
}
