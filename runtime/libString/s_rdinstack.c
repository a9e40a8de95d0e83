#include <u.h>
#include <libc.h>
#include <bio.h>
#include <String.h>
#include "simpl.h"

/* Files that include each other; the last is read. */
struct Sinstack
{
	int	depth;
	Biobuf	*file[32];
};

Sinstack*
s_allocinstack(char *name)
{
	Sinstack *t;
	Biobuf *b;

	b = Bopen(name, OREAD);
	if(b == nil)
		return nil;
	t = malloc(sizeof *t);
	if(t == nil)
		sysfatal("s_allocinstack: %r");
	t->depth = 0;
	t->file[0] = b;
	return t;
}

void
s_freeinstack(Sinstack *t)
{
	for(; t->depth >= 0; t->depth--)
		Bterm(t->file[t->depth]);
	free(t);
}

/* As s_getline, but a comment is a line; \r is left out, and newlines before the first byte. */
static char*
getline(Biobuf *b, String *s)
{
	int c, start;

	do
		c = Bgetc(b);
	while(c == ' ' || c == '\t' || c == '\n' || c == '\r');
	if(c < 0)
		return nil;
	start = s_len(s);
	for(; c >= 0; c = Bgetc(b)){
		if(c == '\r')
			continue;
		if(c == '\n'){
			if(s_len(s) != start)
				break;
			continue;
		}
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

/* Appends the next line; `#include file` is the lines of that file, other lines with # are none. */
char*
s_rdinstack(Sinstack *t, String *s)
{
	Biobuf *b;
	char *p, *name;

	s_terminate(s);
	for(;;){
		p = getline(t->file[t->depth], s);
		if(p == nil){
			if(t->depth == 0)
				return nil;
			Bterm(t->file[t->depth--]);
			continue;
		}
		if(*p != '#')
			return p;
		s->ptr = p;
		if(strncmp(p, "#include", 8) == 0 && (p[8] == ' ' || p[8] == '\t')){
			if(t->depth == nelem(t->file)-1)
				sysfatal("s_recgetline: includes too deep");
			name = p+8 + strspn(p+8, " \t");
			b = Bopen(name, OREAD);
			if(b != nil)
				t->file[++t->depth] = b;
		}
		s_terminate(s);
	}
}
