#include <u.h>
#include <libc.h>
#include <bio.h>
#include <fcall.h>	/* dirmodefmt, for %M */

/*
 * Lists directories and files; -d lists a directory itself, -l shows mode,
 * owner, group, length and time of the last change.  Of ls(1) the other
 * options are left out, and -l's letter and number of the device.
 */
static int dflag, lflag;
static Biobuf out;

static void
show(char *prefix, Dir *d)
{
	Tm tm;

	if(lflag){
		tmtime(&tm, d->mtime, nil);	/* nil: GMT; tzload("local") is the zone here */
		Bprint(&out, "%M %-8q %-8q %8lld %τ ",
			d->mode, d->uid, d->gid, d->length, tmfmt(&tm, "YYYY-MM-DD hh:mm"));
	}
	Bprint(&out, "%s%q\n", prefix, d->name);	/* %q: in quotes if rc would need them */
}

static int
byname(void *a, void *b)
{
	return strcmp(((Dir*)a)->name, ((Dir*)b)->name);
}

/* Says what is in a directory; there are no entries . and .. in one. */
static int
contents(char *name)
{
	char *prefix;
	Dir *d;
	long i, n;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		return -1;
	n = dirreadall(fd, &d);	/* all entries, and their strings, from one malloc */
	close(fd);
	if(n < 0)
		return -1;
	qsort(d, n, sizeof *d, byname);
	prefix = strcmp(name, ".") == 0 ? "" : smprint("%q/", name);
	for(i = 0; i < n; i++)
		show(prefix, &d[i]);
	free(d);
	return 0;
}

static int
ls(char *name)
{
	Dir *d;

	d = dirstat(name);
	if(d == nil)
		return -1;
	if((d->mode & DMDIR) != 0 && !dflag)
		return contents(name);
	d->name = name;
	show("", d);
	free(d);
	return 0;
}

static void
usage(void)
{
	fprint(2, "usage: %s [-dl] [file ...]\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	char *status;

	ARGBEGIN{
	case 'd':
		dflag = 1;
		break;
	case 'l':
		lflag = 1;
		break;
	default:
		usage();
	}ARGEND

	/* print is taught new verbs */
	quotefmtinstall();
	fmtinstall('M', dirmodefmt);
	tmfmtinstall();
	Binit(&out, 1, OWRITE);
	Blethal(&out, nil);	/* an error of writing ends the program */
	status = nil;
	if(argc == 0)
		argv[argc++] = ".";
	for(; argc > 0; argc--, argv++)
		if(ls(*argv) < 0){
			fprint(2, "%s: %s: %r\n", argv0, *argv);
			status = "errors";
		}
	Bterm(&out);
	exits(status);
}
