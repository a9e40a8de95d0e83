#include <u.h>
#include <libc.h>
#include <elf9.h>

enum
{
	Nstring = sizeof(NetConnInfo)/sizeof(char*),
};

static char unknown[] = "???";

/* dir/file says SYSTEM!SERVICE. */
static void
endpoint(char *dir, char *file, char **sys, char **service)
{
	char buf[128], *p;
	int n;

	*sys = *service = unknown;
	snprint(buf, sizeof buf, "%s/%s", dir, file);
	n = _slurp(buf, buf, sizeof buf);
	if(n <= 0)
		return;
	buf[n-1] = '\0';
	p = strchr(buf, '!');
	if(p != nil){
		*p++ = '\0';
		*service = strdup(p);
	}
	*sys = strdup(buf);
}

/* What is known of a connection, by its directory or by a descriptor of one of its files; nil if nothing. */
NetConnInfo*
getnetconninfo(char *dir, int fd)
{
	char path[128], proto[128], *p, **s;
	NetConnInfo *c;
	Dir *d;
	int i;

	if(dir == nil || *dir == '\0'){
		if(fd2path(fd, path, sizeof path) < 0 || (p = strrchr(path, '/')) == nil)
			return nil;
		*p = '\0';
		dir = path;
	}
	c = mallocz(sizeof *c, 1);
	if(c == nil)
		return nil;
	c->dir = strdup(dir);
	c->root = strdup(dir);
	if(c->root == nil || (p = strchr(c->root+1, '/')) == nil){
		freenetconninfo(c);
		return nil;
	}
	*p = '\0';
	c->spec = unknown;
	d = dirstat(dir);
	if(d != nil)
		c->spec = smprint("#%C%d", d->type, d->dev);
	free(d);
	endpoint(dir, "local", &c->lsys, &c->lserv);
	endpoint(dir, "remote", &c->rsys, &c->rserv);
	strecpy(proto, proto+sizeof proto, dir);
	p = strrchr(proto, '/');
	if(p != nil)
		*p = '\0';
	p = strncmp(proto, "/net/", 5) == 0 ? proto+5 : proto;
	c->laddr = smprint("%s!%s!%s", p, c->lsys, c->lserv);
	c->raddr = smprint("%s!%s!%s", p, c->rsys, c->rserv);
	s = (char**)c;
	for(i = 0; i < Nstring; i++)
		if(s[i] == nil){
			freenetconninfo(c);
			return nil;
		}
	return c;
}

void
freenetconninfo(NetConnInfo *c)
{
	char **s;
	int i;

	if(c == nil)
		return;
	s = (char**)c;
	for(i = 0; i < Nstring; i++)
		if(s[i] != unknown)
			free(s[i]);
	free(c);
}
