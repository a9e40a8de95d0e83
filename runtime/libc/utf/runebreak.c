#include <u.h>
#include <libc.h>
#include "runebreak.h"

/*
 * Where a text may be cut between graphemes (what a reader calls a
 * character) and between words: Unicode's annex 29, whose rules are named
 * below.  It must begin at such a place.
 */
typedef struct Text Text;
struct Text
{
	Rune	*r;	/* the next of runes, or of bytes */
	char	*s;
};

enum
{
	End = 255,	/* of the text */
};

static int
next(Text *t, const uchar *table)
{
	Rune r;

	if(t->r != nil){
		r = *t->r;
		if(r != 0)
			t->r++;
	}else if(*t->s == '\0')
		r = 0;
	else
		t->s += chartorune(&r, t->s);
	if(r == 0)
		return End;
	return r <= Runemax ? table[BREAK(r)] : 0;
}

static int
gjoin(int a, int b)
{
	switch(a){
	case GCR:
		return b == GLF;	/* GB3 */
	case GLF:
	case GControl:
		return 0;	/* GB4 */
	}
	switch(b){
	case GCR:
	case GLF:
	case GControl:
		return 0;	/* GB5 */
	case GExtend:
	case GZWJ:
	case GSpacingMark:
		return 1;	/* GB9, GB9a */
	}
	switch(a){
	case GL:
		return b == GL || b == GV || b == GLV || b == GLVT;	/* GB6 */
	case GLV:
	case GV:
		return b == GV || b == GT;	/* GB7 */
	case GLVT:
	case GT:
		return b == GT;	/* GB8 */
	case GPrepend:
		return 1;	/* GB9b */
	}
	return 0;
}

/* Moves t to the next break; 0 if there is none before the end. */
static int
gbreak(Text *t)
{
	int a, b, pict, regions;
	Text before;

	a = next(t, graphemes);
	if(a == End)
		return 0;
	pict = a == GPictographic;	/* and maybe GExtend after it */
	regions = a == GRegion;
	for(;;){
		before = *t;
		b = next(t, graphemes);
		if(b == End)
			return 0;
		if(!gjoin(a, b)
		&& !(pict && a == GZWJ && b == GPictographic)	/* GB11 */
		&& !(a == GRegion && b == GRegion && regions%2 != 0)){	/* GB12, GB13 */
			*t = before;
			return 1;
		}
		if(b == GPictographic)
			pict = 1;
		else if(b != GExtend && b != GZWJ)
			pict = 0;
		regions = b == GRegion ? regions+1 : 0;
		a = b;
	}
}

static int
isletter(int c)
{
	return c == WALetter || c == WHebrew || c == WAPictographic;
}

static int
isnewline(int c)
{
	return c == WCR || c == WLF || c == WNewline;
}

static int
isextending(int c)
{
	return c == WExtend || c == WFormat || c == WZWJ;
}

/* Rules 5 to 13 for b after a; before and after them are x and y. */
static int
wjoin(int x, int a, int b, int y)
{
	int midletter, midnum;

	if(isletter(a)){
		midletter = b == WMidLetter || b == WMidNumLet || b == WSingleQuote;
		if(isletter(b) || b == WNumeric || b == WExtendNumLet)
			return 1;	/* WB5, WB9, WB13a */
		if(midletter && isletter(y))
			return 1;	/* WB6 */
		if(a == WHebrew && (b == WSingleQuote || (b == WDoubleQuote && y == WHebrew)))
			return 1;	/* WB7a, WB7b */
		return 0;
	}
	switch(a){
	case WMidLetter:
		return isletter(x) && isletter(b);	/* WB7 */
	case WMidNumLet:
	case WSingleQuote:
		return (isletter(x) && isletter(b)) || (x == WNumeric && b == WNumeric);	/* WB7, WB11 */
	case WMidNum:
		return x == WNumeric && b == WNumeric;	/* WB11 */
	case WDoubleQuote:
		return x == WHebrew && b == WHebrew;	/* WB7c */
	case WNumeric:
		midnum = b == WMidNum || b == WMidNumLet || b == WSingleQuote;
		return b == WNumeric || isletter(b) || b == WExtendNumLet	/* WB8, WB10, WB13a */
			|| (midnum && y == WNumeric);	/* WB12 */
	case WKatakana:
		return b == WKatakana || b == WExtendNumLet;	/* WB13, WB13a */
	case WExtendNumLet:
		return b == WExtendNumLet || isletter(b) || b == WNumeric || b == WKatakana;	/* WB13a, WB13b */
	}
	return 0;
}

static int
wbreak(Text *t)
{
	int x, a, b, y, raw, regions;
	Text before, ahead;

	a = next(t, words);
	if(a == End)
		return 0;
	x = End;
	raw = a;	/* the one right before, where a passes over marks */
	regions = a == WRegion;
	for(;;){
		before = *t;
		b = next(t, words);
		if(b == End)
			return 0;
		if(raw == WCR && b == WLF){	/* WB3 */
			a = raw = b;
			continue;
		}
		if(isnewline(raw) || isnewline(b))	/* WB3a, WB3b */
			break;
		if(isextending(b)){	/* WB4 */
			raw = b;
			continue;
		}
		if(!(raw == WZWJ && (b == WPictographic || b == WAPictographic))	/* WB3c */
		&& !(raw == WSpace && b == WSpace)	/* WB3d */
		&& !(a == WRegion && b == WRegion && regions%2 != 0)){	/* WB15, WB16 */
			ahead = *t;
			do
				y = next(&ahead, words);
			while(isextending(y));
			if(!wjoin(x, a, b, y))
				break;
		}
		regions = b == WRegion ? regions+1 : 0;
		x = a;
		a = raw = b;
	}
	*t = before;
	return 1;
}

Rune*
runegbreak(Rune *s)
{
	Text t;

	t.r = s;
	t.s = nil;
	return gbreak(&t) ? t.r : s;
}

char*
utfgbreak(char *s)
{
	Text t;

	t.r = nil;
	t.s = s;
	return gbreak(&t) ? t.s : s;
}

Rune*
runewbreak(Rune *s)
{
	Text t;

	t.r = s;
	t.s = nil;
	return wbreak(&t) ? t.r : s;
}

char*
utfwbreak(char *s)
{
	Text t;

	t.r = nil;
	t.s = s;
	return wbreak(&t) ? t.s : s;
}
