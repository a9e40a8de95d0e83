#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>

/*
 * Prints the lines that match a pattern: grep(1) with all its options but -b.
 * A pattern has alternatives, one a line.  None may be empty here, or begin
 * with * to be taken as it is.  Lines are searched up to a NUL byte, and the
 * last one of a file gets its newline.
 */
static char options[] = "chilLnsv";
static int flag[128];	/* by the option's letter */
static Reprog **progs;
static int nprogs;
static Biobuf out;

/* Instead of the library's: what the program has itself is not taken from there. */
void
regerror(char *why)
{
	sysfatal("%s", why);	/* regcomp's own would exit with "regerr" */
}

/* The same text in small letters, which may need more bytes than the capitals. */
static char*
lower(char *s)
{
	Rune r;
	char *p, *t;

	p = t = malloc(UTFmax*strlen(s) + 1);
	if(t == nil)
		sysfatal("no memory: %r");
	while(*s != '\0'){
		s += chartorune(&r, s);
		r = tolowerrune(r);
		p += runetochar(p, &r);
	}
	*p = '\0';
	return t;
}

static void
compile(char *text)
{
	char **words;
	int i;

	words = malloc((strlen(text)+1) * sizeof *words);
	if(words == nil)
		sysfatal("no memory: %r");
	nprogs = getfields(text, words, strlen(text), 1, "\n");
	if(nprogs == 0)
		sysfatal("the pattern is empty");
	progs = malloc(nprogs * sizeof *progs);
	if(progs == nil)
		sysfatal("no memory: %r");
	for(i = 0; i < nprogs; i++)
		progs[i] = regcomp(flag['i'] ? lower(words[i]) : words[i]);
	free(words);
}

static int
matches(char *line)
{
	char *s;
	int i;

	s = flag['i'] ? lower(line) : line;
	for(i = 0; i < nprogs && !regexec(progs[i], s, nil, 0); i++)
		;
	if(s != line)
		free(s);
	return i < nprogs;
}

/* Searches one file; are there lines that are wanted? */
static int
search(Biobuf *in, char *name, int tag)
{
	char *line;
	long count, n;

	count = 0;
	for(n = 1; (line = Brdstr(in, '\n', 1)) != nil; n++){
		if(matches(line) != flag['v']){
			count++;
			if(!flag['c'] && !flag['l'] && !flag['L'] && !flag['s']){
				if(tag)
					Bprint(&out, "%s:", name);
				if(flag['n'])
					Bprint(&out, "%ld: ", n);
				Bwrite(&out, line, Blinelen(in));	/* %s would show what is no UTF-8 as U+FFFD */
				Bputc(&out, '\n');
			}
		}
		free(line);
	}
	if(flag['c'])
		Bprint(&out, tag ? "%s:%ld\n" : "%.0s%ld\n", name, count);
	if((flag['l'] && count > 0) || (flag['L'] && count == 0))
		Bprint(&out, "%s\n", name);
	return count > 0;
}

static void
usage(void)
{
	fprint(2, "usage: %s [-%s] [-e pattern] [-f file] [pattern] [file ...]\n", argv0, options);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	int i, found, given;
	char *name, *s;
	Biobuf *in;
	Fmt text;

	fmtstrinit(&text);
	given = 0;
	ARGBEGIN{
	case 'e':
		fmtprint(&text, "%s\n", EARGF(usage()));
		given = 1;
		break;
	case 'f':
		name = EARGF(usage());
		in = Bopen(name, OREAD);
		if(in == nil)
			sysfatal("can't open %s: %r", name);
		while((s = Brdstr(in, '\n', 1)) != nil)
			fmtprint(&text, "%s\n", s);
		Bterm(in);
		given = 1;
		break;
	default:
		if(utfrune(options, ARGC()) == nil)
			usage();
		flag[ARGC()] = 1;
	}ARGEND
	if(!given){
		if(argc == 0)
			usage();
		fmtprint(&text, "%s", *argv);
		argc--;
		argv++;
	}
	compile(fmtstrflush(&text));

	Binit(&out, 1, OWRITE);
	Blethal(&out, nil);
	found = 0;
	for(i = 0; i < argc || i == 0; i++){
		in = argc > 0 ? Bopen(argv[i], OREAD) : Bfdopen(0, OREAD);
		if(in == nil){
			fprint(2, "%s: can't open %s: %r\n", argv0, argv[i]);
			continue;
		}
		Blethal(in, nil);
		found |= search(in, argc > 0 ? argv[i] : "stdin", argc > 1 && !flag['h']);
		Bterm(in);
	}
	Bterm(&out);
	exits(found ? nil : "no matches");
}
