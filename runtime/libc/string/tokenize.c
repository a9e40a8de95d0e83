#include <u.h>
#include <libc.h>

/*
 * Words as rc reads them: '...' quotes, anywhere in a word, and '' in it is
 * one quote.  tokenize takes the quotes away, gettokens leaves them.
 */

static int
separates(char *set, char c)
{
	return strchr(set, c) != nil;
}

int
tokenize(char *s, char **args, int max)
{
	int n, quoting;
	char *p, *set;

	set = " \t\r\n";
	for(n = 0; n < max; n++){
		while(*s != '\0' && separates(set, *s))
			s++;
		if(*s == '\0')
			break;
		args[n] = p = s;
		quoting = 0;
		for(; *s != '\0'; s++){
			if(*s == '\''){
				if(!quoting || s[1] != '\''){
					quoting = !quoting;
					continue;
				}
				s++;
			}else if(!quoting && separates(set, *s)){
				s++;
				break;
			}
			*p++ = *s;
		}
		*p = '\0';
	}
	return n;
}

int
gettokens(char *s, char **args, int max, char *set)
{
	int n, quoting;

	for(n = 0; n < max; n++){
		while(*s != '\0' && separates(set, *s))
			*s++ = '\0';
		if(*s == '\0')
			break;
		args[n] = s;
		quoting = 0;
		for(; *s != '\0' && (quoting || !separates(set, *s)); s++)
			if(*s == '\'')
				quoting = !quoting;
	}
	return n;
}
