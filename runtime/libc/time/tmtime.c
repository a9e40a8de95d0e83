#include <u.h>
#include <libc.h>
#include "tm.h"

char *_tmdays[] =
{
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", nil,
};

char *_tmmonths[] =
{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
	"November", "December", nil,
};

static vlong
floordiv(vlong a, vlong b)
{
	return a/b - (a%b < 0);
}

int
_tmleap(vlong year)
{
	return year%4 == 0 && (year%100 != 0 || year%400 == 0);
}

int
_tmmonthlen(int month, int leap)
{
	static char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month] + (month == 1 && leap);
}

/* Days from 1 January 1970 to that of year, in the calendar of today. */
static vlong
yeardays(vlong year)
{
	year--;
	return (year-1969)*365 + floordiv(year, 4) - floordiv(year, 100) + floordiv(year, 400) - (492-19+4);
}

/* The name and the offset of a zone at that time; GMT without a zone. */
void
_tmzone(Tm *tm, Tzone *tz, vlong t)
{
	long *c;

	if(tz == nil){
		strcpy(tm->zone, "GMT");
		tm->tzoff = 0;
		return;
	}
	for(c = tz->change; c < tz->change+Nchange-1 && c[0] != 0; c += 2)
		if(t > c[0] && t <= c[1]){
			strecpy(tm->zone, tm->zone+sizeof tm->zone, tz->dst);
			tm->tzoff = tz->dstoff;
			return;
		}
	strecpy(tm->zone, tm->zone+sizeof tm->zone, tz->std);
	tm->tzoff = tz->stdoff;
}

/* Everything but zone, tzoff and tz, which say where t is to be seen from. */
static void
fill(Tm *tm, vlong t, vlong ns)
{
	vlong day, year;
	int sec, left, leap;

	t += floordiv(ns, Nano);
	tm->nsec = ns - floordiv(ns, Nano)*Nano;
	t += tm->tzoff;
	day = floordiv(t, Daysec);
	sec = t - day*Daysec;
	tm->hour = sec/Hoursec;
	tm->min = sec%Hoursec/Minsec;
	tm->sec = sec%Minsec;
	tm->wday = day+4 - floordiv(day+4, 7)*7;
	year = 1970 + floordiv(day*400, 146097);
	while(yeardays(year) > day)
		year--;
	while(yeardays(year+1) <= day)
		year++;
	leap = _tmleap(year);
	left = tm->yday = day - yeardays(year);
	for(tm->mon = 0; left >= _tmmonthlen(tm->mon, leap); tm->mon++)
		left -= _tmmonthlen(tm->mon, leap);
	tm->mday = left+1;
	if(year <= 0)
		year--;	/* the year before 1 is -1 */
	tm->year = year-1900;
}

Tm*
tmtimens(Tm *tm, vlong t, int ns, Tzone *tz)
{
	tm->tz = tz;
	_tmzone(tm, tz, t);
	fill(tm, t, ns);
	return tm;
}

Tm*
tmtime(Tm *tm, vlong t, Tzone *tz)
{
	return tmtimens(tm, t, 0, tz);
}

Tm*
tmnow(Tm *tm, Tzone *tz)
{
	vlong ns;

	ns = nsec();
	return tmtimens(tm, ns/Nano, ns%Nano, tz);
}

/*
 * Seconds since 1970 of a date whose fields may be out of their ranges; they
 * are not afterwards, and those that follow from the others are right.
 */
vlong
tmnorm(Tm *tm)
{
	vlong t, year;
	int i, mon;

	year = tm->year + 1900LL + floordiv(tm->mon, 12);
	mon = tm->mon - floordiv(tm->mon, 12)*12;
	t = yeardays(year) + tm->mday-1;
	for(i = 0; i < mon; i++)
		t += _tmmonthlen(i, _tmleap(year));
	t = t*Daysec + (vlong)tm->hour*Hoursec + (vlong)tm->min*Minsec + tm->sec;
	if(tm->tz != nil)
		for(i = 0; i < 2; i++)	/* the first offset may be that of the other half of the year */
			_tmzone(tm, tm->tz, t - tm->tzoff);
	t -= tm->tzoff;
	fill(tm, t, tm->nsec);
	return t;
}
