#include <u.h>
#include <libc.h>

/*
 * Prints its arguments on one line; -n leaves the newline out.  The line is
 * made first and written at once, so that two echoes do not mix in a pipe.
 */
void
main(int argc, char *argv[])
{
	char *line, *p;
	int i, n, nflag;

	argv0 = "echo";
	nflag = argc > 1 && strcmp(argv[1], "-n") == 0;
	n = 1;
	for(i = 1+nflag; i < argc; i++)
		n += strlen(argv[i]) + 1;
	line = malloc(n);
	if(line == nil)
		sysfatal("no memory: %r");
	p = line;
	for(i = 1+nflag; i < argc; i++){
		strcpy(p, argv[i]);
		p += strlen(p);
		if(i < argc-1)
			*p++ = ' ';
	}
	if(!nflag)
		*p++ = '\n';
	if(write(1, line, p-line) != p-line)
		sysfatal("write error: %r");
	exits(nil);
}
