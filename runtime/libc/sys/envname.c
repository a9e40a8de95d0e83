#include <u.h>
#include <libc.h>
#include "env.h"

/* /env/NAME for the name of a variable; -1 if it cannot be one. */
int
_envname(char *file, char *name)
{
	if(name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0
	|| strchr(name, '/') != nil || strlen(name) >= Envlen-5){
		werrstr("bad env name: %s", name);
		return -1;
	}
	snprint(file, Envlen, "/env/%s", name);
	return 0;
}
