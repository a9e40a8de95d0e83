#include <u.h>
#include <libc.h>
#include <String.h>

/* The caller's reference becomes one to a String that nobody else has. */
String*
s_unique(String *s)
{
	String *t;

	if(s->ref <= 1)
		return s;
	t = s_clone(s);
	s_free(s);
	return t;
}
