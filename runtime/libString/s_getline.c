#include <u.h>
#include <libc.h>
#include <bio.h>
#include <String.h>
#include "simpl.h"

static int
white(Biobuf *b)
{
	int c;

	do
		c = Bgetc(b);
	while(c == ' ' || c == '\t' || c == '\n' || c == '\r');
	return c;
}

/*
 * Appends the next line that is neither empty nor a comment, without its
 * newline and the blanks it begins with.  A \ before the newline joins lines.
 */
char*
s_getline(Biobuf *b, String *s)
{
	int c, start;

	s_terminate(s);
	for(c = white(b); c == '#'; c = white(b))
		do
			c = Bgetc(b);
		while(c >= 0 && c != '\n');
	if(c < 0)
		return nil;
	start = s_len(s);
	for(; c >= 0 && c != '\n'; c = Bgetc(b)){
		if(c == '\\'){
			c = Bgetc(b);
			if(c == '\n')
				continue;
			s_putc(s, '\\');
			if(c < 0)
				break;
		}
		s_putc(s, c);
	}
	s_terminate(s);
	return s->base + start;
}
