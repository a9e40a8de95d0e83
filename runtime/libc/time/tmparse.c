#include <u.h>
#include <libc.h>
#include <ctype.h>
#include "tm.h"

enum
{
	Any = -1,	/* ?X: every form of X, the most specific first */
};

typedef struct Parse Parse;
struct Parse
{
	Tm	*tm;
	char	*s;	/* what is left of the date */
	int	failed;	/* a component was not there */
	int	ampm;	/* 0 and 1, -1 if not said */
	int	zoned;	/* a zone was said: tz, or an offset */
	int	off;
	Tzone	*tz;
};

/* A number of at most n digits. */
static int
number(Parse *p, int n)
{
	int v;

	p->failed = !isdigit(*p->s);
	for(v = 0; n > 0 && isdigit(*p->s); n--)
		v = v*10 + *p->s++ - '0';
	return v;
}

/* The index of the word that is next, of which the first n letters count. */
static int
word(Parse *p, char **words, int n)
{
	int i, len;

	for(i = 0; words[i] != nil; i++){
		len = n < 0 ? strlen(words[i]) : n;
		if(cistrncmp(p->s, words[i], len) == 0){
			p->s += len;
			p->failed = 0;
			return i;
		}
	}
	p->failed = 1;
	return -1;
}

static int
prefix(Parse *p, char *s)
{
	int n;

	n = strlen(s);
	if(cistrncmp(p->s, s, n) != 0)
		return 0;
	p->s += n;
	return 1;
}

/* A whole word, not the beginning of one. */
static int
abbreviation(Parse *p, char *s)
{
	return !isalpha(p->s[strlen(s)]) && prefix(p, s);
}

/* RFC 5322's obsolete names; what local means comes first. */
static int
namedzone(Parse *p, int w)
{
	static char *names[][2] =
	{
		{"UT", "GMT"}, {"GMT", "GMT"}, {"UTC", "GMT"},
		{"EST", "US_Eastern"}, {"EDT", "US_Eastern"},
		{"CST", "US_Central"}, {"CDT", "US_Central"},
		{"MST", "US_Mountain"}, {"MDT", "US_Mountain"},
		{"PST", "US_Pacific"}, {"PDT", "US_Pacific"},
	};
	static char military[] = "YXWVUTSRQPONZABCDEFGHIKLM";	/* 12 hours east to 12 hours west */
	char letter[2], *m;
	Tzone *local;
	int i;

	local = tzload("local");
	if(local != nil && (prefix(p, local->std) || prefix(p, local->dst))){
		p->tz = local;
		return 1;
	}
	for(i = 0; i < nelem(names); i++){
		/* a prefix that fits needs its end as well: cistrncmp stops at a NUL before that is looked at */
		if(cistrncmp(p->s, names[i][0], strlen(names[i][0])) != 0 || !abbreviation(p, names[i][0]))
			continue;
		p->tz = tzload(names[i][1]);
		if(p->tz == nil){
			werrstr("unloadable zone %s (%s)", names[i][0], names[i][1]);
			return w == Any ? 1 : -1;
		}
		return 1;
	}
	letter[0] = toupper((uchar)*p->s);
	letter[1] = '\0';
	m = letter[0] != '\0' ? strchr(military, letter[0]) : nil;
	if(m != nil && abbreviation(p, letter)){
		strcpy(p->tm->zone, letter);
		p->off = (12 - (m-military))*Hoursec;
		return 1;
	}
	return 0;
}

static int
offset(Parse *p, int sign, int hour, int min)
{
	p->off = sign*(hour*Hoursec + min*Minsec);
	return 1;
}

/* 1 when there was a zone, 0 when not, -1 when errstr says what is wrong with it. */
static int
zone(Parse *p, int w)
{
	char *begin;
	int sign, h, m, n;

	p->zoned = 1;
	sign = *p->s == '-' ? -1 : *p->s == '+';
	if(sign != 0)
		p->s++;
	begin = p->s;
	if(w == Any || w == 3){
		n = namedzone(p, w);
		if(n != 0)
			return n;
	}
	if(w == Any || w == 1){
		n = number(p, 4);
		h = n/100;
		m = n%100;
		if(p->s-begin == 4){
			if(h > 13 || m >= 60)
				return 0;
			snprint(p->tm->zone, sizeof p->tm->zone, "%c%02d%02d", sign < 0 ? '-' : '+', h, m);
			return offset(p, sign, h, m);
		}
	}
	if(w == Any || w == 2){
		p->s = begin;
		h = number(p, 2);
		if(*p->s == ':'){
			p->s++;
			m = number(p, 2);
			if(m <= 60){
				snprint(p->tm->zone, sizeof p->tm->zone, "%c%02d:%02d", sign < 0 ? '-' : '+', h, m);
				return offset(p, sign, h, m);
			}
		}
	}
	if(w != Any)
		return 0;
	/* a name that nobody knows is kept, and taken as GMT */
	for(p->s = begin; isalpha(*p->s); p->s++)
		;
	n = p->s - begin;
	if(n < 3)
		return 0;
	if(n >= sizeof p->tm->zone)
		n = sizeof p->tm->zone-1;
	memmove(p->tm->zone, begin, n);
	p->tm->zone[n] = '\0';
	p->failed = 0;
	return 1;
}

/*
 * A component of w letters c, or literal text: 1 if it was there, 0 if not,
 * -1 if errstr says why not, -2 if there is no such component.
 */
static int
component(Parse *p, int c, int w)
{
	static char *ordinals[] = {"th", "rd", "nd", "st"};
	Tm *tm;
	int i;

	tm = p->tm;
	p->failed = 0;
	switch(c){
	case 'Y':
		if(w > 4)
			return -2;
		tm->year = number(p, w == 2 ? 2 : 4);
		if(w == Any ? tm->year > 100 : w != 2)
			tm->year -= 1900;
		break;
	case 'M':
		if(w > 4)
			return -2;
		if(w == Any || w <= 2)
			tm->mon = number(p, 2) - 1;
		if(w == 4 || (w == Any && p->failed))
			tm->mon = word(p, _tmmonths, -1);
		if(w == 3 || (w == Any && p->failed))
			tm->mon = word(p, _tmmonths, 3);
		break;
	case 'W':
		if(w > 3)
			return -2;
		if(w == 3 || w == Any)
			tm->wday = word(p, _tmdays, -1);
		if(w == 2 || (w == Any && p->failed))
			tm->wday = word(p, _tmdays, 3);
		if(w == 1 || (w == Any && p->failed))
			tm->wday = number(p, 1) - 1;
		break;
	case 'D':
		tm->mday = number(p, 2);
		return w > 2 ? -2 : !p->failed;
	case 'h':
		tm->hour = number(p, 2);
		return w > 2 ? -2 : !p->failed;
	case 'm':
		tm->min = number(p, 2);
		return w > 2 ? -2 : !p->failed;
	case 's':
		tm->sec = number(p, 2);
		return w > 2 ? -2 : !p->failed;
	case 't':
		if(w <= 3)
			tm->nsec += number(p, 3)*1000000;
		break;
	case 'u':
		if(w <= 4)
			tm->nsec += number(p, w > 2 ? 6 : 3)*1000;
		break;
	case 'n':
		if(w <= 6)
			tm->nsec += number(p, w == Any || w > 4 ? 9 : w > 2 ? 6 : 3);
		break;
	case 'o':
		for(i = 0; i < nelem(ordinals); i++)
			if(strncmp(p->s, ordinals[i], 2) == 0){
				p->s += 2;
				return 1;
			}
		return -2;
	case 'z':
		if(w != 1)
			return -2;
		/* fall through */
	case 'Z':
		return zone(p, w);
	case 'a':
	case 'A':
		if(prefix(p, "am"))
			p->ampm = 0;
		else if(prefix(p, "pm"))
			p->ampm = 1;
		else
			return 0;
		break;
	default:
		if(*p->s == '\0' || *p->s++ != (char)c)
			return 0;
		break;
	}
	return !p->failed;
}

/* [text] of a format, which p stands behind the bracket of: where it goes on, nil if it does not end. */
static char*
quoted(Parse *p, char *format)
{
	int depth;

	for(depth = 1; *format != '\0'; format++){
		if(*format == '[')
			depth++;
		if(*format == ']')
			depth--;
		if(format[0] == '\\' && format[1] != '\0')
			format++;
		if(depth == 0)
			return format+1;
		if(*p->s == '\0' || *p->s++ != *format){
			p->failed = 1;
			return format;
		}
	}
	return nil;
}

/* Are all fields in their ranges, where midnight is also 24:00 and a leap second is one? */
static int
inrange(Tm *tm)
{
	int leap;

	leap = _tmleap(tm->year+1900);
	return tm->wday >= 0 && tm->wday <= 6
		&& tm->mon >= 0 && tm->mon <= 11
		&& tm->mday >= 0 && tm->mday <= _tmmonthlen(tm->mon, leap)
		&& tm->hour >= 0 && tm->hour <= 24
		&& tm->min >= 0 && tm->min <= 59
		&& tm->sec >= 0 && tm->sec <= 60
		&& tm->nsec >= 0 && tm->nsec <= Nano;
}

/*
 * The date at the beginning of str, as format says, in tm and seen from tz;
 * *end is what is behind it.  nil: errstr says what does not fit.
 */
Tm*
tmparse(Tm *tm, char *format, char *str, Tzone *tz, char **end)
{
	char *f;
	int c, w, r, sloppy;
	Parse p;
	vlong t;

	memset(&p, 0, sizeof p);
	p.tm = tm;
	p.ampm = -1;
	tmtime(tm, 0, nil);
	f = format;
	sloppy = *f == '~';
	if(sloppy)
		f++;
	p.s = str + strspn(str, " \t\n\f\r\v");
	c = 0;
	while(*f != '\0'){
		w = 1;
		c = *f++;
		if(c == '?' && *f != '\0'){
			w = Any;
			c = *f++;
		}
		for(; *f == c; f++)
			if(w != Any)
				w++;
		if(c == '_' || c == ',' || c == ' '){
			if(*p.s != '\0' && strchr(" \t,\n", *p.s) == nil)
				goto Baddate;
			f += strspn(f, " ,_\t\n");
			p.s += strspn(p.s, " ,\t\n");
			continue;
		}
		if(c == '['){
			p.failed = 0;
			f = quoted(&p, f);
			if(f == nil){
				f = "";
				goto Badformat;
			}
			if(p.failed)
				goto Baddate;
			continue;
		}
		r = component(&p, c, w);
		if(r == -2)
			goto Badformat;
		if(r < 0)
			return nil;
		if(r == 0)
			goto Baddate;
	}
	if(end != nil)
		*end = p.s;
	if(!sloppy && p.ampm >= 0 && (tm->hour < 1 || tm->hour > 12))
		goto Baddate;
	if(p.ampm == 0 && tm->hour == 12)
		tm->hour = 0;
	else if(p.ampm == 1 && tm->hour < 12)
		tm->hour += 12;
	if(!sloppy && !inrange(tm))
		goto Baddate;

	/* tm is GMT up to here; now it is what was said, and then the same time seen from tz */
	t = tmnorm(tm);
	tm->tzoff = p.off;
	if(!p.zoned)
		_tmzone(tm, tz, t);
	else if(p.tz != nil){
		_tmzone(tm, p.tz, t);
		_tmzone(tm, p.tz, t + tm->tzoff);
	}
	t -= tm->tzoff;
	if(tz != nil || !p.zoned)
		tmtimens(tm, t, tm->nsec, tz);
	return tm;
Baddate:
	werrstr("invalid %c component in '%s'", c, str);
	return nil;
Badformat:
	werrstr("garbled format %s near '%s'", format, f);
	return nil;
}
