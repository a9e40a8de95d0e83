#include <u.h>
#include <libc.h>

/*
 * Copies the files named, or standard input, to standard output.  All of
 * cat(1); read(1), which shares its page, is another program.
 */
static void
copy(int fd, char *name)
{
	static char buf[IOUNIT];	/* as much as most file servers give at once */
	long n;

	while((n = read(fd, buf, sizeof buf)) > 0)
		if(write(1, buf, n) != n)
			sysfatal("write error copying %s: %r", name);
	if(n < 0)
		sysfatal("error reading %s: %r", name);	/* its exit status is the same text */
}

static void
usage(void)
{
	fprint(2, "usage: %s [file ...]\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	int fd;

	ARGBEGIN{
	default:
		usage();
	}ARGEND

	if(argc == 0)
		copy(0, "<stdin>");
	for(; argc > 0; argc--, argv++){
		fd = open(*argv, OREAD);
		if(fd < 0)
			sysfatal("can't open %s: %r", *argv);
		copy(fd, *argv);
		close(fd);
	}
	exits(nil);
}
