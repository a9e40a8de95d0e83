#include "library.h"

/*
 * libbio beside stdio, both with buffers of the same size on memory.  A unit
 * is a character for getc and putc, a line for the others.
 */

/* lines of 15 to 78 characters */
static void
fill(void)
{
	uint seed, i, left;

	seed = 1;
	left = 0;
	for(i = 0; i < Streamsize; i++){
		if(left == 0)
			left = 16 + chance(&seed)%64;
		stream[i] = --left == 0 ? '\n' : 'a' + i%26;
	}
	stream[Streamsize-1] = '\n';
	streamat = 0;
}

#ifdef MUSL
typedef FILE Stream;
#define READER() musl_reader()
#define WRITER() musl_writer()
#define GETC(f) musl_getc(f)
#define PUTC(f, c) musl_putc(c, f)
#define PRINT musl_fprintf
#define FLUSH(f) musl_fflush(f)

static char*
nextline(Stream *f, char *line, int max, int *n)
{
	line = musl_fgets(line, max, f);
	*n = strlen(line);	/* Blinelen */
	return line;
}
#else
typedef Biobuf Stream;
#define READER() reader()
#define WRITER() writer()
#define GETC(f) Bgetc(f)
#define PUTC(f, c) Bputc(f, c)
#define PRINT Bprint
#define FLUSH(f) Bflush(f)

static int
readstream(Biobufhdr *b, void *p, long n)
{
	USED(b);
	return streamread(p, n);
}

static int
writestream(Biobufhdr *b, void *p, long n)
{
	USED(b);
	return streamwrite(p, n);
}

static Biobuf in, out;

static Stream*
reader(void)
{
	Binit(&in, 0, OREAD);
	Biofn(&in, readstream);
	return &in;
}

static Stream*
writer(void)
{
	Binit(&out, 1, OWRITE);
	Biofn(&out, writestream);
	return &out;
}

static char*
nextline(Stream *f, char *line, int max, int *n)
{
	USED(max);
	line = Brdline(f, '\n');
	*n = Blinelen(f);
	return line;
}
#endif

static uvlong
getting(int n, int size)
{
	uvlong sum;
	Stream *f;

	fill();
	f = READER();
	sum = size;
	for(; n > 0; n--)
		sum += GETC(f);
	return sum;
}

static uvlong
putting(int n, int size)
{
	Stream *f;
	int i;

	f = WRITER();
	for(i = 0; i < n; i++)
		PUTC(f, i);
	FLUSH(f);
	return streamed + size;
}

static uvlong
lines(int n, int size)
{
	char line[128], *s;
	uvlong sum;
	Stream *f;
	int length;

	fill();
	f = READER();
	sum = size;
	for(; n > 0; n--){
		s = nextline(f, line, sizeof line, &length);
		sum += s[0] + length;
	}
	return sum;
}

static uvlong
printing(int n, int size)
{
	Stream *f;
	int i;

	f = WRITER();
	for(i = 0; i < n; i++)
		PRINT(f, "%s:%d: %s\n", "file.c", i, "something is declared and not used");
	FLUSH(f);
	return streamed + size;
}

Case biocases[] =
{
	{"Bgetc, getc", getting, 0, 10000000},
	{"Bputc, putc", putting, 0, 10000000},
	{"Brdline, fgets", lines, 0, 1000000},
	{"Bprint, fprintf", printing, 0, 100000},
	{nil},
};
