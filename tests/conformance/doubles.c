#include <u.h>
#include <libc.h>
#include <bio.h>

/*
 * Prints and reads the doubles that test_doubles.py sends, a line each:
 *	bits		%.17g of the double with these bits; whether strtod makes the same of it
 *	bits format	the format of it
 *	=text		bits of strtod, how many bytes it took; the same of charstod and atof, or a word of what differs
 */
typedef union Bits Bits;
union Bits
{
	double	d;
	uvlong	u;
};

static char *unread;

static int
get(void *v)
{
	USED(v);
	return *unread != '\0' ? *(uchar*)unread++ : -1;
}

static void
number(Biobuf *out, char *text)
{
	Bits b, c;
	char *end, *differs;

	b.d = strtod(text, &end);
	differs = "";
	c.d = atof(text);
	if(c.u != b.u)
		differs = " atof";
	unread = text;
	c.d = charstod(get, nil);
	if(c.u != b.u)
		differs = " charstod";
	Bprint(out, "%llux %d%s\n", b.u, (int)(end-text), differs);
}

void
main(void)
{
	static Biobuf in, out;
	char *line, *fmt, text[512];
	Bits b, back;

	Binit(&in, 0, OREAD);
	Binit(&out, 1, OWRITE);
	while((line = Brdline(&in, '\n')) != nil){
		line[Blinelen(&in)-1] = '\0';
		if(line[0] == '='){
			number(&out, line+1);
			continue;
		}
		b.u = strtoull(line, &fmt, 16);
		if(*fmt == ' ')
			snprint(text, sizeof text, fmt+1, b.d);
		else{
			snprint(text, sizeof text, "%.17g", b.d);
			back.d = strtod(text, nil);
			if(back.u != b.u)
				strcat(text, " is another double");
		}
		Bprint(&out, "%s\n", text);
	}
	Bterm(&out);
	exits(nil);
}
