#include <u.h>
#include <libc.h>

/*
 * Cuts a string at the runes of set and says how many fields there are, at
 * most max, the last one with all the rest.  With multi, neighbours in set
 * separate once and a field is not empty.
 */
int
getfields(char *s, char **args, int max, int multi, char *set)
{
	int n, w, inside;
	Rune r;

	if(max <= 0)
		return 0;
	args[0] = s;
	n = multi ? 0 : 1;
	inside = 0;
	for(; *s != '\0'; s += w){
		w = chartorune(&r, s);
		if(utfrune(set, r) != nil){
			if(n >= max)
				break;
			*s = '\0';
			inside = 0;
			args[n] = s + w;
			if(!multi)
				n++;
		}else{
			if(multi && !inside)
				n++;
			inside = 1;
		}
	}
	return n;
}
