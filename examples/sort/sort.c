#include <u.h>
#include <libc.h>
#include <bio.h>

/*
 * Sorts the lines of files together.  Of sort(1) it has -c -f -n -r -t -u -o,
 * and -k with one number: the key begins with that field and ends with the
 * line.  Left out are several keys, their ends and flags, the other orders
 * (-M -b -d -i -w; -n takes exponents, as -g does there; -f keeps accents),
 * -m and -T: all is in memory.  Lines are compared up to a NUL byte.
 */
typedef struct Line Line;
struct Line
{
	char	*text;
	long	n;
	char	*key;	/* where in text it begins */
	double	value;	/* what the key is with -n: sort is made with float=True */
};

static int cflag, fflag, nflag, rflag, uflag;
static int field = 1;
static Rune tab;
static Line *lines;
static ulong nlines;

static char*
findkey(char *s)
{
	char *p;
	int i;

	for(i = 1; i < field; i++)
		if(tab != 0){
			p = utfrune(s, tab);
			if(p == nil)
				return s + strlen(s);
			s = p + runelen(tab);
		}else{
			s += strspn(s, " \t");
			s += strcspn(s, " \t");
		}
	return s;
}

/* strcmp with small letters as capitals. */
static int
foldcmp(char *a, char *b)
{
	Rune ra, rb;

	do{
		a += chartorune(&ra, a);
		b += chartorune(&rb, b);
		ra = toupperrune(ra);
		rb = toupperrune(rb);
	}while(ra == rb && ra != 0);
	return ra < rb ? -1 : ra > rb;
}

static int
keycmp(Line *a, Line *b)
{
	int c;

	if(nflag)
		c = a->value < b->value ? -1 : a->value > b->value;
	else if(fflag)
		c = foldcmp(a->key, b->key);
	else
		c = strcmp(a->key, b->key);	/* UTF-8 in the order of bytes is in the order of runes */
	return rflag ? -c : c;
}

/* qsort is not stable: what compares equal is ordered by all of the line. */
static int
linecmp(void *a, void *b)
{
	int c;

	c = keycmp(a, b);
	return c != 0 ? c : strcmp(((Line*)a)->text, ((Line*)b)->text);
}

static void
readlines(char *name)
{
	Biobuf *in;
	Line *l;
	char *s;

	in = name != nil ? Bopen(name, OREAD) : Bfdopen(0, OREAD);
	if(in == nil)
		sysfatal("can't open %s: %r", name);
	Blethal(in, nil);
	while((s = Brdstr(in, '\n', 1)) != nil){
		if((nlines & (nlines-1)) == 0){	/* a power of 2: make room for the next */
			lines = realloc(lines, 2*(nlines+1)*sizeof *lines);
			if(lines == nil)
				sysfatal("no memory: %r");
		}
		l = &lines[nlines++];
		l->text = s;
		l->n = Blinelen(in);
		l->key = findkey(s);
		l->value = nflag ? strtod(l->key, nil) : 0;
	}
	Bterm(in);
}

static void
check(void)
{
	ulong i;
	int c;

	for(i = 1; i < nlines; i++){
		c = uflag ? keycmp(&lines[i-1], &lines[i]) : linecmp(&lines[i-1], &lines[i]);
		if(c > 0 || (c == 0 && uflag))
			sysfatal("out of order: %s", lines[i].text);
	}
	exits(nil);
}

static void
usage(void)
{
	fprint(2, "usage: %s [-cfnru] [-t char] [-k field] [-o output] [file ...]\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	char *output;
	Biobuf *out;
	ulong i;

	output = nil;
	ARGBEGIN{
	case 'c':
		cflag = 1;
		break;
	case 'f':
		fflag = 1;
		break;
	case 'n':
		nflag = 1;
		break;
	case 'r':
		rflag = 1;
		break;
	case 'u':
		uflag = 1;
		break;
	case 't':
		chartorune(&tab, EARGF(usage()));	/* a rune, so -t· works */
		break;
	case 'k':
		field = atoi(EARGF(usage()));
		if(field < 1)
			usage();
		break;
	case 'o':
		output = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND

	if(argc == 0)
		readlines(nil);
	for(; argc > 0; argc--, argv++)
		readlines(*argv);
	if(cflag)
		check();
	qsort(lines, nlines, sizeof *lines, linecmp);

	out = output != nil ? Bopen(output, OWRITE) : Bfdopen(1, OWRITE);	/* not before all is read */
	if(out == nil)
		sysfatal("can't create %s: %r", output);
	Blethal(out, nil);
	for(i = 0; i < nlines; i++)
		if(!uflag || i == 0 || keycmp(&lines[i-1], &lines[i]) != 0){
			Bwrite(out, lines[i].text, lines[i].n);	/* %s would show what is no UTF-8 as U+FFFD */
			Bputc(out, '\n');
		}
	Bterm(out);
	exits(nil);
}
