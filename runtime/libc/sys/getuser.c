#include <u.h>
#include <libc.h>

/* Whom the process belongs to; the text stays until the next call. */
char*
getuser(void)
{
	static char user[64];
	char name[32];
	Dir *d;

	snprint(name, sizeof name, "/proc/%d/status", getpid());
	d = dirstat(name);
	if(d == nil)
		return "none";
	snprint(user, sizeof user, "%s", d->uid);
	free(d);
	return user;
}
