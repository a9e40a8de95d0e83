#include <u.h>
#include <libc.h>
#include "tm.h"

/* At the field's end, in width; with digits, that many with zeros. */
static int
number(Fmt *f, int width, int digits, int n)
{
	if(width > digits)
		width -= digits;
	else
		width = 0;
	if(digits == 0)
		return fmtprint(f, "%*d", width, n);
	return fmtprint(f, "%*s%0*d", width, "", digits, n);
}

/* Parts of a second: of 3n digits, twice as many letters for those with zeros. */
static int
fraction(Fmt *f, int c, int w, int pad, int ns)
{
	switch(c){
	case 't':
		if(w > 3)
			return -1;
		return number(f, pad, w == 1 ? 0 : 3, ns/1000000%1000);
	case 'u':
		switch(w){
		case 1:
			return number(f, pad, 0, ns/1000%1000);
		case 2:
			return number(f, pad, 3, ns/1000%1000);
		case 3:
			return number(f, pad < 6 ? 0 : pad-6, 0, ns/1000);
		case 4:
			return number(f, pad, 6, ns/1000);
		}
		return -1;
	}
	switch(w){
	case 1:
		return number(f, pad, 0, ns%1000);
	case 2:
		return number(f, pad, 3, ns%1000);
	case 3:
		return number(f, pad, 0, ns%1000000);
	case 4:
		return number(f, pad, 6, ns%1000000);
	case 5:
		return number(f, pad, 0, ns);
	case 6:
		return number(f, pad, 9, ns);
	}
	return -1;
}

static int
zone(Fmt *f, int w, int pad, Tm *tm)
{
	int off, sign;

	if(w >= 3)
		return w == 3 ? fmtprint(f, "%*s", pad, tm->zone) : 0;
	off = tm->tzoff;
	sign = off < 0 ? '-' : '+';
	if(off < 0)
		off = -off;
	return fmtprint(f, w == 1 ? "%*s%c%02d%02d" : "%*s%c%02d:%02d", pad < 5 ? 0 : pad-5, "", sign,
		off/Hoursec, off/Minsec%60);
}

static char*
ordinal(int day)
{
	switch(day){
	case 1:
	case 21:
	case 31:
		return "st";
	case 2:
	case 22:
		return "nd";
	case 3:
	case 23:
		return "rd";
	}
	return "th";
}

/* One or two letters: a number, with two digits for two. */
static int
two(Fmt *f, int w, int pad, int n)
{
	if(w > 2)
		return -1;
	return number(f, pad, w == 2 ? 2 : 0, n);
}

/* A component of w letters c in a field of pad; what was made, -1 if there is no such. */
static int
component(Fmt *f, int c, int w, int pad, Tm *tm)
{
	int n;

	switch(c){
	case 'Y':
		if(w == 1 || w == 4)
			return number(f, pad, 0, tm->year+1900);
		return w == 2 ? number(f, pad, 0, tm->year%100) : -1;
	case 'M':
		if(w == 3 || w == 4)
			return fmtprint(f, w == 3 ? "%*.3s" : "%*s", pad, _tmmonths[tm->mon]);
		return two(f, w, pad, tm->mon+1);
	case 'D':
		return two(f, w, pad, tm->mday);
	case 'W':
		if(w == 2 || w == 3)
			return fmtprint(f, w == 2 ? "%*.3s" : "%*s", pad, _tmdays[tm->wday]);
		return w == 1 ? number(f, pad, 0, tm->wday+1) : -1;
	case 'o':
		return w == 1 ? fmtprint(f, "%s", ordinal(tm->mday)) : -1;
	case 'H':
		return two(f, w, pad, tm->hour%12);
	case 'h':
		return two(f, w, pad, tm->hour);
	case 'm':
		return two(f, w, pad, tm->min);
	case 's':
		return two(f, w, pad, tm->sec);
	case 't':
	case 'u':
	case 'n':
		return fraction(f, c, w, pad, tm->nsec);
	case 'z':
		if(w != 1)
			return -1;
		/* fall through */
	case 'Z':
		return zone(f, w, pad, tm);
	case 'a':
		return w == 1 ? fmtprint(f, "%*s", pad, tm->hour < 12 ? "am" : "pm") : -1;
	case 'A':
		return w == 1 ? fmtprint(f, "%*s", pad, tm->hour < 12 ? "AM" : "PM") : -1;
	}
	for(n = 0; w > 0; w--)
		n += fmtrune(f, c);
	return n;
}

/* [text]: what is behind it, nil if it does not end. */
static char*
quoted(Fmt *f, char *p)
{
	Rune r;
	int depth;

	for(depth = 1; *p != '\0'; p++){
		if(*p == '[')
			depth++;
		if(*p == ']')
			depth--;
		if(p[0] == '\\' && p[1] != '\0')
			p++;
		if(depth == 0)
			return p+1;
		p += chartorune(&r, p) - 1;
		fmtrune(f, r);
	}
	return nil;
}

int
_tmtext(Fmt *f, char *format, Tm *tm)
{
	char *p;
	Rune c, next;
	int n, m, w, pad, size;

	n = 0;
	for(p = format; *p != '\0';){
		for(pad = 0; *p == '_'; p++)
			pad++;
		if(*p == '\0')
			break;
		p += chartorune(&c, p);
		for(w = 1; *p != '\0' && (size = chartorune(&next, p)) > 0 && next == c; p += size)
			w++;
		if(c == '?')	/* means something to tmparse */
			continue;
		if(c == '['){
			if((p = quoted(f, p)) != nil)
				continue;
			m = -1;
		}else
			m = component(f, c, w, pad+w, tm);
		if(m < 0){
			werrstr("garbled format %s", format);
			return -1;
		}
		n += m;
	}
	return n;
}

/* %τ: its argument is a Tmfmt, not a pointer to one. */
static int
tmverb(Fmt *f)
{
	Tmfmt t;

	t = va_arg(f->args, Tmfmt);
	return _tmtext(f, t.fmt != nil ? t.fmt : "WW MMM _D hh:mm:ss ZZZ YYYY", t.tm);
}

Tmfmt
tmfmt(Tm *tm, char *format)
{
	Tmfmt t;

	t.fmt = format;
	t.tm = tm;
	return t;
}

void
tmfmtinstall(void)
{
	fmtinstall(0x3c4, tmverb);	/* τ */
}
