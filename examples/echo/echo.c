#include <u.h>
#include <libc.h>

/*
 * Prints its arguments on one line; -n leaves the newline out.  All of echo(1):
 * there are no other options, echo -x prints -x, so this is not for ARGBEGIN.
 */
void
main(int argc, char *argv[])
{
	Fmt f;
	char *line;
	int i, n, nflag;

	nflag = argc > 1 && strcmp(argv[1], "-n") == 0;
	fmtstrinit(&f);
	for(i = 1+nflag; i < argc; i++)
		fmtprint(&f, i == argc-1 ? "%s" : "%s ", argv[i]);
	if(!nflag)
		fmtprint(&f, "\n");
	line = fmtstrflush(&f);
	if(line == nil)
		sysfatal("no memory: %r");

	/* one write, so that the lines of two echoes do not mix in a pipe; print may need several */
	n = strlen(line);
	if(write(1, line, n) != n){
		fprint(2, "echo: write error: %r\n");
		exits("write error");	/* an exit status is a text, nil is success */
	}
	exits(nil);
}
