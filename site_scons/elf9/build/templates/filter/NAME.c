#include <u.h>
#include <libc.h>

/* @NAME@ [file ...]: number the lines of files, or of standard input. */

static int	lines;
static int	midline;	/* the last byte written was no newline */

static void
number(int fd, char *name)
{
	static char buf[8192];
	char *p, *q, *end;
	long n;

	while((n = read(fd, buf, sizeof buf)) > 0){
		end = buf + n;
		for(p = buf; p < end; p = q){
			for(q = p; q < end && *q != '\n'; q++)
				;
			if(q < end)
				q++;
			if(!midline)
				print("%6d\t", ++lines);
			if(write(1, p, q-p) != q-p)
				sysfatal("write error: %r");
			midline = q[-1] != '\n';
		}
	}
	if(n < 0)
		sysfatal("can't read %s: %r", name);
}

void
main(int argc, char *argv[])
{
	int i, fd;

	argv0 = "@NAME@";
	if(argc == 1)
		number(0, "standard input");
	for(i = 1; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0)
			sysfatal("can't open %s: %r", argv[i]);
		number(fd, argv[i]);
		close(fd);
	}
	exits(nil);
}
