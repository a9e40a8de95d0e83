#include <u.h>
#include <libc.h>
#include <bio.h>	/* also links libbio, by its #pragma lib */

/*
 * Counts lines, words, runes, broken runes and bytes: all of wc(1).  A word
 * ends at a blank, a tab or a newline, at no other of Unicode's spaces.  Each
 * byte that belongs to no rune counts as a rune, a broken one; Plan 9's wc
 * counts the bytes of a rune that is cut short together.
 */
enum
{
	Lines, Words, Runes, Broken, Bytes,
	Ncount,
};

static char letters[] = "lwrbc";
static int shown[Ncount];
static Biobuf out;

static void
count(Biobuf *in, vlong *n)
{
	char *line, *p;
	Rune r;
	int inword, len, w;

	while((line = Brdstr(in, '\n', 0)) != nil){
		inword = 0;
		len = Blinelen(in);
		/* text is UTF-8 everywhere; a Rune is one character of it, w bytes here */
		for(p = line; p < line+len; p += w){
			w = chartorune(&r, p);
			n[Runes]++;
			if(r == Runeerror && w == 1)
				n[Broken]++;
			if(r == '\n')
				n[Lines]++;
			if(r == ' ' || r == '\t' || r == '\n')
				inword = 0;
			else if(!inword){
				inword = 1;
				n[Words]++;
			}
		}
		n[Bytes] += len;
		free(line);
	}
}

static void
report(vlong *n, char *name)
{
	char *sep;
	int i;

	sep = "";
	for(i = 0; i < Ncount; i++)
		if(shown[i]){
			Bprint(&out, "%s%7lld", sep, n[i]);
			sep = " ";
		}
	Bprint(&out, name != nil ? " %s\n" : "\n", name);
}

static void
usage(void)
{
	fprint(2, "usage: %s [-%s] [file ...]\n", argv0, letters);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	vlong n[Ncount], total[Ncount];
	char *p, *status;
	Biobuf *in;
	int i, j;

	/* options are runes as well: ARGC() may be 'ö' */
	ARGBEGIN{
	default:
		p = utfrune(letters, ARGC());
		if(p == nil)
			usage();
		shown[p-letters] = 1;
	}ARGEND
	for(i = 0; i < Ncount && !shown[i]; i++)
		;
	if(i == Ncount)
		shown[Lines] = shown[Words] = shown[Bytes] = 1;

	status = nil;
	memset(total, 0, sizeof total);
	Binit(&out, 1, OWRITE);
	Blethal(&out, nil);	/* an error of writing ends the program */
	for(i = 0; i < argc || i == 0; i++){
		in = argc > 0 ? Bopen(argv[i], OREAD) : Bfdopen(0, OREAD);
		if(in == nil){
			fprint(2, "%s: can't open %s: %r\n", argv0, argv[i]);
			status = "can't open";
			continue;
		}
		Blethal(in, nil);
		memset(n, 0, sizeof n);
		count(in, n);
		Bterm(in);
		report(n, argc > 0 ? argv[i] : nil);
		for(j = 0; j < Ncount; j++)
			total[j] += n[j];
	}
	if(argc > 1)
		report(total, "total");
	Bterm(&out);
	exits(status);
}
