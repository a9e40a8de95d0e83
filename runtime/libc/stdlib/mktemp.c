#include <u.h>
#include <libc.h>

/*
 * The X at the end become the pid; if there is such a file, the first of them
 * becomes a letter.  "/" when all letters are taken.
 */
char*
mktemp(char *name)
{
	char *p, err[ERRMAX];
	uint pid;
	int c;

	pid = getpid();
	p = name + strlen(name);
	while(p > name && p[-1] == 'X'){
		*--p = '0' + pid%10;
		pid /= 10;
	}
	for(c = 'a'; access(name, AEXIST) == 0; c++){
		if(c == 'z')
			return "/";
		*p = c;
	}
	err[0] = '\0';
	errstr(err, sizeof err);
	return name;
}
