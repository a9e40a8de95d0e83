#include <u.h>
#include <libc.h>

/*
 * A small print: verbs d x o b c s p r %; u and the sizes l ll h hh z are
 * flags; also - 0 # and a width or *.  An unknown verb prints as %verb%.
 */
typedef struct Out Out;
struct Out
{
	char	*p;
	char	*end;
	int	fd;	/* full buffers go here; -1 cuts */
	char	*buf;
	int	n;	/* bytes made */
	int	err;
};

enum
{
	Fleft = 1<<0,
	Fzero = 1<<1,
	Fsharp = 1<<2,
	Funsigned = 1<<3,
	Flong = 1<<4,
	Fvlong = 1<<5,
	Fshort = 1<<6,
	Fbyte = 1<<7,
};

static void
flush(Out *o)
{
	long n;

	n = o->p - o->buf;
	if(n > 0 && write(o->fd, o->buf, n) != n)
		o->err = 1;
	o->p = o->buf;
}

static void
put(Out *o, char *s, int n)
{
	for(; n > 0; n--){
		if(o->p == o->end){
			if(o->fd < 0)
				return;
			flush(o);
		}
		*o->p++ = *s++;
		o->n++;
	}
}

static void
pad(Out *o, int n, char *c)
{
	while(n-- > 0)
		put(o, c, 1);
}

/* s is sign or prefix of npre bytes and a body; zeros go between the two */
static void
field(Out *o, char *s, int n, int npre, int width, int flags)
{
	width -= n;
	if((flags & (Fleft|Fzero)) == 0)
		pad(o, width, " ");
	put(o, s, npre);
	if((flags & (Fleft|Fzero)) == Fzero)
		pad(o, width, "0");
	put(o, s+npre, n-npre);
	if(flags & Fleft)
		pad(o, width, " ");
}

static void
number(Out *o, uvlong v, int base, int width, int flags)
{
	char buf[2+64+1], *p, *e;
	int neg, npre;

	neg = 0;
	if((flags & Funsigned) == 0 && (vlong)v < 0){
		neg = 1;
		v = -v;
	}
	p = e = buf + sizeof buf;
	do
		*--p = "0123456789abcdef"[v%base];
	while((v /= base) != 0);
	npre = neg;
	if((flags & Fsharp) && base == 16){
		*--p = 'x';
		*--p = '0';
		npre += 2;
	}
	if(neg)
		*--p = '-';
	field(o, p, e-p, npre, width, flags);
}

static char*
verb(Out *o, char *f, va_list *arg)
{
	char *s, buf[ERRMAX];
	int flags, width, base;
	uvlong v;

	flags = 0;
	width = 0;
	for(;; f++){
		switch(*f){
		case '-':
			flags |= Fleft;
			continue;
		case '0':
			flags |= Fzero;
			continue;
		case '#':
			flags |= Fsharp;
			continue;
		case 'u':
			flags |= Funsigned;
			continue;
		case 'l':
			flags |= flags & Flong ? Fvlong : Flong;
			continue;
		case 'h':
			flags |= flags & Fshort ? Fbyte : Fshort;
			continue;
		case 'z':
			flags |= Fvlong;
			continue;
		case '*':
			width = va_arg(*arg, int);
			if(width < 0){
				flags |= Fleft;
				width = -width;
			}
			continue;
		}
		if(*f < '1' || *f > '9')
			break;
		for(width = 0; *f >= '0' && *f <= '9'; f++)
			width = width*10 + (*f - '0');
		f--;
	}

	base = 10;
	switch(*f){
	case '\0':
		return f;
	case '%':
		field(o, "%", 1, 0, width, flags & Fleft);
		break;
	case 'c':
		buf[0] = va_arg(*arg, int);
		field(o, buf, 1, 0, width, flags & Fleft);
		break;
	case 's':
		s = va_arg(*arg, char*);
		if(s == nil)
			s = "<nil>";
		field(o, s, strlen(s), 0, width, flags & Fleft);
		break;
	case 'r':
		rerrstr(buf, sizeof buf);
		field(o, buf, strlen(buf), 0, width, flags & Fleft);
		break;
	case 'p':
		number(o, va_arg(*arg, uintptr), 16, width, flags|Funsigned);
		break;
	case 'x':
		base = 16;
		goto Number;
	case 'o':
		base = 8;
		goto Number;
	case 'b':
		base = 2;
		goto Number;
	case 'd':
	Number:
		if(flags & Fvlong)
			v = va_arg(*arg, vlong);
		else if(flags & Funsigned){
			v = va_arg(*arg, uint);
			if(flags & Fshort)
				v = flags & Fbyte ? (uchar)v : (ushort)v;
		}else{
			v = va_arg(*arg, int);
			if(flags & Fshort)
				v = flags & Fbyte ? (vlong)(schar)v : (vlong)(short)v;
		}
		number(o, v, base, width, flags);
		break;
	default:
		buf[0] = '%';
		buf[1] = *f;
		buf[2] = '%';
		field(o, buf, 3, 0, width, flags & Fleft);
		break;
	}
	return f+1;
}

static void
format(Out *o, char *f, va_list *arg)
{
	char *s;

	while(*f != '\0'){
		for(s = f; *f != '\0' && *f != '%'; f++)
			;
		put(o, s, f-s);
		if(*f == '%')
			f = verb(o, f+1, arg);
	}
}

/* Returns the bytes stored, without the NUL; what does not fit is cut. */
int
vsnprint(char *buf, int n, char *fmt, va_list arg)
{
	Out o;

	if(n <= 0)
		return -1;
	o.buf = o.p = buf;
	o.end = buf + n - 1;
	o.fd = -1;
	o.n = 0;
	o.err = 0;
	format(&o, fmt, &arg);
	*o.p = '\0';
	return o.n;
}

int
snprint(char *buf, int n, char *fmt, ...)
{
	va_list arg;

	va_start(arg, fmt);
	n = vsnprint(buf, n, fmt, arg);
	va_end(arg);
	return n;
}

int
vfprint(int fd, char *fmt, va_list arg)
{
	char buf[256];
	Out o;

	o.buf = o.p = buf;
	o.end = buf + sizeof buf;
	o.fd = fd;
	o.n = 0;
	o.err = 0;
	format(&o, fmt, &arg);
	flush(&o);
	return o.err ? -1 : o.n;
}

int
fprint(int fd, char *fmt, ...)
{
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vfprint(fd, fmt, arg);
	va_end(arg);
	return n;
}

int
print(char *fmt, ...)
{
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vfprint(1, fmt, arg);
	va_end(arg);
	return n;
}
