#include <u.h>
#include <libc.h>
#include <String.h>
#include "simpl.h"

/* n bytes, whatever they are. */
String*
s_memappend(String *s, char *p, int n)
{
	if(s == nil)
		s = s_new();
	if(p == nil)
		return s;
	if(n > 0){
		_sown(s, "s_putc");
		_sroom(s, n);
		memmove(s->ptr, p, n);
		s->ptr += n;
	}
	s_terminate(s);
	return s;
}
