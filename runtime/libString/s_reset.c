#include <u.h>
#include <libc.h>
#include <String.h>

/* An empty String, if s is not shared the same. */
String*
s_reset(String *s)
{
	if(s == nil)
		return s_new();
	s = s_restart(s);
	*s->ptr = '\0';
	return s;
}
