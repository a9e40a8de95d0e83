#include <u.h>
#include <libc.h>
#include "env.h"

/* The value in a block of malloc: rc's list of words, whose ends are NULs, becomes words between blanks. */
char*
getenv(char *name)
{
	char file[Envlen], *s, *t;
	long n, m;
	int fd;

	if(_envname(file, name) < 0)
		return nil;
	fd = open(file, OREAD|OCEXEC);
	if(fd < 0)
		return nil;
	s = nil;
	n = 0;
	do{
		t = realloc(s, n+Envlen);
		m = t == nil ? -1 : read(fd, t+n, Envlen-1);
		if(t != nil)
			s = t;
		n += m;
	}while(m > 0);
	close(fd);
	if(m < 0){
		free(s);
		return nil;
	}
	t = realloc(s, n+1);
	if(t != nil)
		s = t;
	setmalloctag(s, getcallerpc(&name));
	while(n > 0 && s[n-1] == '\0')
		n--;
	s[n] = '\0';
	while(--n >= 0)
		if(s[n] == '\0')
			s[n] = ' ';
	return s;
}
