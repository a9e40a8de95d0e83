#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/* Time and dates. */
static char *zonefile =
	"EST -18000 EDT -14400\n"
	"  9943200   25664400   41392800   57718800   73447200   89168400\n"
	" 1583650800 1604210400 1615705200 1636264800 1647154800 1667714400\n"
	"1678604400 1699164000\n";

static void
fieldsare(Tm *tm, char *want, char *name)
{
	char buf[100];

	snprint(buf, sizeof buf, "%d-%d-%d %d:%d:%d.%d w%d y%d %s%d", tm->year, tm->mon, tm->mday, tm->hour, tm->min,
		tm->sec, tm->nsec, tm->wday, tm->yday, tm->zone, tm->tzoff);
	same(buf, want, name);
}

static void
calendar(void)
{
	static struct
	{
		vlong	t;
		char	*want;
	} dates[] =
	{
		{0, "70-0-1 0:0:0.0 w4 y0 GMT0"},
		{-1, "69-11-31 23:59:59.0 w3 y364 GMT0"},
		{86399, "70-0-1 23:59:59.0 w4 y0 GMT0"},
		{951782400, "100-1-29 0:0:0.0 w2 y59 GMT0"},
		{951868800, "100-2-1 0:0:0.0 w3 y60 GMT0"},
		{1709164800, "124-1-29 0:0:0.0 w4 y59 GMT0"},
		{1706745600, "124-1-1 0:0:0.0 w4 y31 GMT0"},
		{1735603199, "124-11-30 23:59:59.0 w1 y364 GMT0"},
		{2147483647, "138-0-19 3:14:7.0 w2 y18 GMT0"},
		{-2147483648LL, "1-11-13 20:45:52.0 w5 y346 GMT0"},
		{4107542400LL, "200-2-1 0:0:0.0 w1 y59 GMT0"},
		{-11644473600LL, "-299-0-1 0:0:0.0 w1 y0 GMT0"},
		{253402300799LL, "8099-11-31 23:59:59.0 w5 y364 GMT0"},
	};
	Tm tm;
	vlong t;
	int i, bad;

	for(i = 0; i < nelem(dates); i++){
		fieldsare(tmtime(&tm, dates[i].t, nil), dates[i].want, "tmtime");
		is(tmnorm(&tm), dates[i].t, "tmnorm");
	}
	bad = 0;
	for(t = -4000000000LL; t < 8000000000LL; t += 7776543)
		bad += tmnorm(tmtime(&tm, t, nil)) != t;
	is(bad, 0, "tmnorm of tmtime, over four centuries");
	fieldsare(gmtime(1000000000), "101-8-9 1:46:40.0 w0 y251 GMT0", "gmtime");
	is(tm2sec(gmtime(1000000000)), 1000000000, "tm2sec");
	tmtime(&tm, 0, nil);
	tm.mon = 14;
	tm.mday = 32;
	tm.sec = -1;
	tm.hour = 24;
	is(tmnorm(&tm), 455*86400+86399, "fields out of their ranges");
	fieldsare(&tm, "71-3-1 23:59:59.0 w4 y90 GMT0", "are put in order");
	tmtime(&tm, 0, nil);
	tm.mon = -1;
	is(tmnorm(&tm), -31*86400, "the month before January");
	fieldsare(tmtimens(&tm, 5, 123456789, nil), "70-0-1 0:0:5.123456789 w4 y0 GMT0", "tmtimens");
	fieldsare(tmtimens(&tm, 5, -1, nil), "70-0-1 0:0:4.999999999 w4 y0 GMT0", "below zero");
}

static char*
text(Tm *tm, char *format)
{
	static char buf[200];

	snprint(buf, sizeof buf, "%τ", tmfmt(tm, format));
	return buf;
}

static void
formats(void)
{
	static struct
	{
		char	*format;
		char	*want;
	} forms[] =
	{
		{nil, "Thu Feb  5 12:07:09 GMT 2004"},
		{"YYYY-MM-DD", "2004-02-05"},
		{"YY Y", " 4 2004"},
		{"M MMM MMMM", "2 Feb February"},
		{"D _D __D", "5  5   5"},
		{"W WW WWW", "5 Thu Thursday"},
		{"h hh H HH", "12 12 0 00"},
		{"m mm s ss", "7 07 9 09"},
		{"t tt ttt", "45 045 045"},
		{"u uu uuu uuuu", "6 006 45006 045006"},
		{"n nn nnn nnnn nnnnn nnnnnn", "789 789 6789 006789 45006789 045006789"},
		{"Z ZZ ZZZ z", "+0000 +00:00 GMT +0000"},
		{"a A", "pm PM"},
		{"Do", "5th"},
		{"?M ?D", "2 5"},
		{"[hh:mm] hh", "hh:mm 12"},
		{"[a[b]c]", "a[b]c"},
		{"x/y.T", "x/y.T"},
		{"", ""},
	};
	Tm tm;
	int i;

	tmfmtinstall();
	tmtimens(&tm, 1075982829, 45006789, nil);
	for(i = 0; i < nelem(forms); i++)
		same(text(&tm, forms[i].format), forms[i].want, forms[i].format == nil ? "nil" : forms[i].format);
	same(asctime(&tm), "Thu Feb  5 12:07:09 GMT 2004\n", "asctime");
	for(i = 1; i <= 31; i++){
		tm.mday = i;
		if(strcmp(text(&tm, "o"), i%10 == 1 && i != 11 ? "st" : i%10 == 2 && i != 12 ? "nd" :
		   i%10 == 3 && i != 13 ? "rd" : "th") != 0)
			break;
	}
	is(i, 32, "ordinals");
}

static void
parsing(void)
{
	static struct
	{
		char	*format;
		char	*date;
		char	*want;	/* or the error */
	} dates[] =
	{
		{"YYYY-MM-DD", "2004-02-05", "104-1-5 0:0:0.0 w4 y35 GMT0"},
		{"YYYY-MM-DD hh:mm:ss", "  2004-02-05   12:34:56", "104-1-5 12:34:56.0 w4 y35 GMT0"},
		{"WW MMM _D hh:mm:ss ZZZ YYYY", "Thu Jan  1 00:00:05 Z 1970", "70-0-1 0:0:5.0 w4 y0 GMT0"},
		{"?W, ?D ?M YYYY", "thursday, 5 FEBRUARY 2004", "104-1-5 0:0:0.0 w4 y35 GMT0"},
		{"?W, ?D ?M YYYY", "Thu 05 feb 2004", "104-1-5 0:0:0.0 w4 y35 GMT0"},
		{"?W, ?D ?M YYYY", "5 5 2 2004", "104-1-5 0:0:0.0 w4 y35 GMT0"},
		{"YYYY-MM-DD hh:mm", "2004-02-05 24:00", "104-1-6 0:0:0.0 w5 y36 GMT0"},
		{"hh:mm:ss", "23:59:60", "70-0-2 0:0:0.0 w5 y1 GMT0"},
		{"hh:mm:ss", "23:59:61", "invalid s component in '23:59:61'"},
		{"MM-DD", "02-30", "invalid D component in '02-30'"},
		{"~MM-DD", "02-30", "70-2-2 0:0:0.0 w1 y60 GMT0"},
		{"YYYY-MM-DD", "2004-02", "invalid - component in '2004-02'"},
		{"YYYY-MM-DD", "x", "invalid Y component in 'x'"},
		{"hh:mm a", "12:30 am", "70-0-1 0:30:0.0 w4 y0 GMT0"},
		{"hh:mm A", "1:30 pm", "70-0-1 13:30:0.0 w4 y0 GMT0"},
		{"hh:mm A", "13:30 pm", "invalid A component in '13:30 pm'"},
		{"hh:mm Z", "12:30 +0100", "70-0-1 11:30:0.0 w4 y0 GMT0"},
		{"hh:mm ZZ", "12:30 -05:30", "70-0-1 18:0:0.0 w4 y0 GMT0"},
		{"hh:mm ZZZ", "12:30 N", "70-0-1 11:30:0.0 w4 y0 GMT0"},
		{"hh:mm ?Z", "12:30 XYZ", "70-0-1 12:30:0.0 w4 y0 GMT0"},
		{"hh:mm ZZZ", "12:30 EST", "unloadable zone EST (US_Eastern)"},
		{"t u n", "1 2 3", "70-0-1 0:0:0.1002003 w4 y0 GMT0"},
		{"nnnnnn", "123456789", "70-0-1 0:0:0.123456789 w4 y0 GMT0"},
		{"YYYYY", "2004", "garbled format YYYYY near ''"},
		{"[year] Y", "year 2004", "104-0-1 0:0:0.0 w4 y0 GMT0"},
		{"[year] Y", "yeah 2004", "invalid [ component in 'yeah 2004'"},
		{"[year Y", "year 2004", "invalid [ component in 'year 2004'"},
		{"Do", "3rd", "70-0-3 0:0:0.0 w6 y2 GMT0"},
		{"Do", "3xx", "garbled format Do near ''"},
	};
	char *end;
	Tm tm, z;
	int i;

	for(i = 0; i < nelem(dates); i++){
		error();
		if(tmparse(&tm, dates[i].format, dates[i].date, nil, nil) == nil)
			same(error(), dates[i].want, dates[i].format);
		else
			fieldsare(tmtimens(&z, tmnorm(&tm), tm.nsec, nil), dates[i].want, dates[i].format);
	}
	tmparse(&tm, "YYYY", "2004 and more", nil, &end);
	same(end, " and more", "tmparse says where it ended");
	tmparse(&tm, "hh:mm ZZ", "12:30 -05:30", nil, nil);
	is(tm.tzoff, -19800, "the offset that was said stays");
	same(tm.zone, "-05:30", "and its text");
	is(tm.hour, 12, "with its hour");
}

static void
zones(void)
{
	Tzone *z;
	Tm tm;
	char *s;

	ok(tzload("no/such/zone") == nil, "a zone that is not there");
	ok(tzload("a zone whose name has more than thirty-one letters") == nil, "or has a long name");
	if(putenv("timezone", zonefile) < 0)
		print("# putenv: %r\n");
	z = tzload("local");
	ok(z != nil, "local is /env/timezone");
	ok(tzload("local") == z && tzload("EDT") == z, "it is loaded once, and has three names then");
	fieldsare(tmtime(&tm, 1612137600, z), "121-0-31 19:0:0.0 w0 y30 EST-18000", "winter");
	fieldsare(tmtime(&tm, 1625097600, z), "121-5-30 20:0:0.0 w3 y180 EDT-14400", "summer");
	is(tmnorm(&tm), 1625097600, "tmnorm");
	tm.mon += 6;
	is(tmnorm(&tm), 1640912400, "into winter");
	same(tm.zone, "EST", "with its name");
	fieldsare(localtime(1625097600), "121-5-30 20:0:0.0 w3 y180 EDT-14400", "localtime");
	same(ctime(1625097600), "Wed Jun 30 20:00:00 EDT 2021\n", "ctime");
	is(tm2sec(localtime(1625097600)), 1625097600, "tm2sec of it");
	ok(tmparse(&tm, "YYYY-MM-DD hh:mm ZZZ", "2021-06-30 20:00 EDT", nil, nil) != nil, "tmparse knows its names");
	is(tmnorm(&tm), 1625097600, "and what they mean");
	ok(tmparse(&tm, "YYYY-MM-DD hh:mm", "2021-06-30 20:00", z, nil) != nil, "tmparse in a zone");
	is(tmnorm(&tm), 1625097600, "is its time");
	ok(tmparse(&tm, "hh:mm Z", "12:00 +0100", z, nil) != nil, "another offset");
	is(tm.hour, 6, "is seen from the zone");
	s = ctime(0);
	same(s, "Wed Dec 31 19:00:00 EST 1969\n", "ctime(0)");
}

static void
clocks(void)
{
	uvlong c, c2;
	long t[4], now, then;
	vlong ns, ns2;
	Tm tm;

	ns = nsec();
	now = time(&then);
	ok(now == then && now >= ns/1000000000 && now <= ns/1000000000+5, "time is nsec's");
	ns2 = nsec();
	ok(ns2 >= ns, "and goes on");
	tmnow(&tm, nil);
	ok(tmnorm(&tm) - now <= 5 && tm.nsec >= 0 && tm.nsec < 1000000000, "tmnow");
	cycles(&c);
	sleep(1);
	cycles(&c2);
	ok(c2 > c, "cycles");
	memset(t, 0xff, sizeof t);
	now = times(t);
	ok(now > 0 && t[0] >= 0 && t[1] >= 0 && t[2] >= 0 && t[3] >= 0, "times");
	sleep(20);
	ok(times(nil) > now, "real time passes in a sleep");
}

void
main(int argc, char *argv[])
{
	USED(argc, argv);
	calendar();
	formats();
	parsing();
	zones();
	clocks();
	done();
}
