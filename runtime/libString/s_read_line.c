#include <u.h>
#include <libc.h>
#include <bio.h>
#include <String.h>
#include "simpl.h"

/* Appends a line with its newline; nil where Brdline returns nil. */
char*
s_read_line(Biobuf *b, String *s)
{
	char *line;
	int n;

	_sown(s, "s_read_line");
	s_terminate(s);
	line = Brdline(b, '\n');
	if(line == nil)
		return nil;
	n = Blinelen(b);
	s_memappend(s, line, n);
	return s->ptr - n;
}
