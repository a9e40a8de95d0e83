#include <u.h>
#include <libc.h>
#include <bio.h>

/*
 * Prints and reads the doubles that test_doubles.py sends, a line each:
 *	bits		%.17g of the double with these bits; whether strtod makes the same of it
 *	bits format	the format of it
 *	=text		bits of strtod, how many bytes it took; the same of charstod and atof, or a word of what differs
 *	~name bits ...	bits of what a function of the mathematics returns
 */
typedef union Bits Bits;
union Bits
{
	double	d;
	uvlong	u;
};

static char *unread;

static struct
{
	char	*name;
	double	(*f)(double);
} ones[] =
{
	{"acos", acos}, {"asin", asin}, {"atan", atan}, {"ceil", ceil}, {"cos", cos}, {"cosh", cosh}, {"exp", exp},
	{"fabs", fabs}, {"floor", floor}, {"log", log}, {"log10", log10}, {"sin", sin}, {"sinh", sinh},
	{"sqrt", sqrt}, {"tan", tan}, {"tanh", tanh},
};

static struct
{
	char	*name;
	double	(*f)(double, double);
} twos[] =
{
	{"atan2", atan2}, {"fmod", fmod}, {"hypot", hypot}, {"pow", pow},
};

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

static double
argument(char *s)
{
	Bits b;

	b.u = strtoull(s, nil, 16);
	return b.d;
}

static void
calculate(Biobuf *out, char *text)
{
	char *field[4];
	Bits b, c;
	int i, n;

	n = tokenize(text, field, nelem(field));
	field[n] = "0";
	if(strcmp(field[0], "pow10") == 0)
		b.d = pow10(atoi(field[1]));
	else if(strcmp(field[0], "ldexp") == 0)
		b.d = ldexp(argument(field[1]), atoi(field[2]));
	else if(strcmp(field[0], "frexp") == 0){
		b.d = frexp(argument(field[1]), &i);
		Bprint(out, "%d ", i);
	}else if(strcmp(field[0], "modf") == 0){
		b.d = modf(argument(field[1]), &c.d);
		Bprint(out, "%llux ", c.u);
	}else{
		b.u = 1;
		for(i = 0; i < nelem(ones); i++)
			if(strcmp(field[0], ones[i].name) == 0)
				b.d = ones[i].f(argument(field[1]));
		for(i = 0; i < nelem(twos); i++)
			if(strcmp(field[0], twos[i].name) == 0)
				b.d = twos[i].f(argument(field[1]), argument(field[2]));
	}
	Bprint(out, "%llux\n", b.u);
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
		if(line[0] == '~'){
			calculate(&out, line+1);
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
