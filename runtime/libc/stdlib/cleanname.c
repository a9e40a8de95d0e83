#include <u.h>
#include <libc.h>

/*
 * The shortest name of the same file, in place: no empty elements, no `.', and
 * `..' only where nothing before it can go.  What becomes empty is `.'; what
 * only now begins with # gets ./ before it, for it did not name a device.
 */
char*
cleanname(char *name)
{
	char *base, *fixed, *out, *p, *end;
	int n, lost;

	base = name;
	if(*base == '/')
		base++;
	out = base;	/* behind what is written */
	fixed = base;	/* .. goes back to here */
	lost = 0;	/* the first element is not the first any more */
	for(p = base; *p != '\0'; p = end){
		if(*p == '/'){
			end = p+1;
			continue;
		}
		for(end = p; *end != '\0' && *end != '/'; end++)
			;
		n = end - p;
		if(n == 1 && p[0] == '.'){
			if(p == name)
				lost = 1;
			continue;
		}
		if(n == 2 && p[0] == '.' && p[1] == '.'){
			if(out > fixed){
				while(--out > fixed && *out != '/')
					;
				if(out == name)
					lost = 1;
				continue;
			}
			if(base > name)
				continue;
		}
		if(out > base)
			*out++ = '/';
		if(n == 2 && p[0] == '.' && p[1] == '.')
			fixed = out + n;
		memmove(out, p, n);
		out += n;
	}
	if(out == name)
		*out++ = '.';
	*out = '\0';
	if(lost && name[0] == '#'){
		memmove(name+2, name, strlen(name)+1);
		name[0] = '.';
		name[1] = '/';
	}
	return name;
}
