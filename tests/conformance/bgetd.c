#include <u.h>
#include <libc.h>
#include <bio.h>
#include "tap.h"

/* Numbers with a fraction in a file; bio(2), facts/observed-libc.md 18. */
static char *text;
static Biobuf b;

static int
give(Biobufhdr*, void *v, long n)
{
	if(n > strlen(text))
		n = strlen(text);
	memmove(v, text, n);
	text += n;
	return n;
}

static void
from(char *s)
{
	text = s;
	Binit(&b, 0, OREAD);
	Biofn(&b, give);
}

/* The next number is want, the byte behind it c. */
static void
number(double want, int c, char *what)
{
	double d;

	d = -77;
	ok(Bgetd(&b, &d) == 1 && d == want && Bgetc(&b) == c, what);
	if(d != want)
		print("# got %g, want %g\n", d, want);
}

void
main(void)
{
	double d;

	from("1 -2.5\n\t 1e3,0.1;.5:+7x 12.");
	number(1, ' ', "Bgetd");
	number(-2.5, '\n', "of a negative number");
	number(1000, ',', "with an exponent, behind blanks");
	number(0.1, ';', "rounded correctly");
	number(0.5, ':', "without a digit before the point");
	number(7, 'x', "with a sign");
	is(Bgetd(&b, &d), -1, "a number that the file ends in is lost");
	from("abc");
	number(0, 'a', "what is no number is 0, and stays");
	from("");
	is(Bgetd(&b, &d), -1, "Bgetd at the end");
	from("  ");
	is(Bgetd(&b, &d), -1, "and before blanks at the end");
	from("0x10 ");
	number(0, 'x', "there is no hexadecimal");
	from("123456789012345678901234567890 ");
	number(123456789012345678901234567890.0, ' ', "many digits");
	done();
}
