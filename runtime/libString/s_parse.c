#include <u.h>
#include <libc.h>
#include <String.h>

static char blanks[] = " \t\n";

/*
 * Appends the next word at from's ptr to to, or what is between quotes there,
 * and goes on to the word after it; nil if there is none.
 */
String*
s_parse(String *from, String *to)
{
	char *p, *stop;
	int n;

	p = from->ptr;
	switch(*p){
	case '\0':
		return nil;
	case '\'':
		stop = "'";
		p++;
		break;
	case '"':
		stop = "\"";
		p++;
		break;
	default:
		stop = blanks;
		break;
	}
	n = strcspn(p, stop);
	to = s_memappend(to, p, n);
	from->ptr = p+n;
	if(stop != blanks && p[n] != '\0')
		from->ptr++;
	from->ptr += strspn(from->ptr, blanks);
	return to;
}
