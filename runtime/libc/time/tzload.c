#include <u.h>
#include <libc.h>
#include <elf9.h>
#include "tm.h"

/* The next word of a zone file in at most n bytes with its NUL; -1 if it is not three letters at least. */
static int
word(char **s, char *to, int n)
{
	char *p;
	int len;

	p = *s + strspn(*s, " \t\n");
	len = strcspn(p, " \t\n");
	if(len < 3 || len >= n || p[len] == '\0'){
		werrstr("truncated name");
		return -1;
	}
	memmove(to, p, len);
	to[len] = '\0';
	*s = p + len;
	return 0;
}

/* The next number, 0 at the end. */
static int
number(char **s, long *v)
{
	char *p;

	*v = 0;
	p = *s + strspn(*s, " \n");
	if(*p != '\0'){
		*v = strtol(p, &p, 10);
		if(*p != ' ' && *p != '\n' && *p != '\0'){
			werrstr("non-number %c in name", *p);
			return -1;
		}
	}
	*s = p;
	return 0;
}

static int
load(Tzone *z, char *name)
{
	char buf[Nchange*11+30], file[128], *p;
	long n;
	int i;

	if(strcmp(name, "local") == 0)
		strcpy(file, "/env/timezone");
	else
		snprint(file, sizeof file, "/adm/timezone/%s", name);
	n = _slurp(file, buf, sizeof buf);
	if(n < 0)
		return -1;
	p = buf;
	if(word(&p, z->std, sizeof z->std) < 0 || number(&p, &z->stdoff) < 0
	|| word(&p, z->dst, sizeof z->dst) < 0 || number(&p, &z->dstoff) < 0)
		return -1;
	for(i = 0; i < Nchange; i++){
		if(number(&p, &z->change[i]) < 0){
			werrstr("invalid transition time");
			return -1;
		}
		if(z->change[i] == 0)
			return 0;
	}
	werrstr("invalid timezone %s", name);
	return -1;
}

/*
 * A zone by its name, one of its abbreviations if it is loaded already, or
 * "local", which is /env/timezone.  It stays; nil: errstr says why there is none.
 */
Tzone*
tzload(char *name)
{
	static QLock lk;
	static Tzone **zones;
	static int n;
	Tzone *z, **p;
	int i;

	if(name == nil)
		name = "GMT";
	qlock(&lk);
	for(i = 0; i < n; i++){
		z = zones[i];
		if(strcmp(z->std, name) == 0 || strcmp(z->dst, name) == 0 || strcmp(z->name, name) == 0){
			qunlock(&lk);
			return z;
		}
	}
	z = nil;
	if(strlen(name) >= sizeof z->name)
		werrstr("timezone name too long");
	else if((p = realloc(zones, (n+1)*sizeof *zones)) != nil){
		zones = p;
		z = mallocz(sizeof *z, 1);
		if(z != nil && load(z, name) < 0){
			free(z);
			z = nil;
		}
		if(z != nil){
			strcpy(z->name, name);
			zones[n++] = z;
		}
	}
	qunlock(&lk);
	return z;
}
