#include <u.h>
#include <libc.h>

/*
 * Prints its arguments on one line; -n leaves the newline out.  All of echo(1):
 * there are no other options, echo -x prints -x, so this is not for ARGBEGIN.
 */
void
main(int argc, char *argv[])
{
	char *line, *p;
	int i, n, nflag;

	nflag = argc > 1 && strcmp(argv[1], "-n") == 0;
	n = 1;
	for(i = 1+nflag; i < argc; i++)
		n += strlen(argv[i]) + 1;
	line = malloc(n);
	if(line == nil)
		sysfatal("no memory: %r");
	p = line;
	for(i = 1+nflag; i < argc; i++){
		p = strecpy(p, line+n, argv[i]);	/* like strcpy, but it knows where to stop and says where it did */
		if(i < argc-1)
			*p++ = ' ';
	}
	if(!nflag)
		*p++ = '\n';

	/* one write, so that the lines of two echoes do not mix in a pipe; print may need several */
	if(write(1, line, p-line) != p-line){
		fprint(2, "echo: write error: %r\n");	/* %r is the last error, a text: there is no errno */
		exits("write error");	/* so is the exit status, and nil is success */
	}
	exits(nil);
}
