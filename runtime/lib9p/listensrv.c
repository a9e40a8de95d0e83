#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

static char*
remote(char *dir)
{
	char buf[128], *s;
	int fd, n;

	n = 0;
	snprint(buf, sizeof buf, "%s/remote", dir);
	fd = open(buf, OREAD|OCEXEC);
	if(fd >= 0){
		n = read(fd, buf, sizeof buf-1);
		close(fd);
	}
	if(n <= 0)
		return estrdup9p("unknown");
	buf[n] = '\0';
	for(s = buf; *s != '\0' && *s != '!' && *s != '\n'; s++)
		;
	*s = '\0';
	return estrdup9p(buf);
}

static void
hangupsrv(Srv *s)
{
	close(s->infd);
	free(s->addr);
	free(s);
}

static void
serve(void *v)
{
	srv(v);
}

static void
answer(void *v)
{
	Srv *all, *s;
	char dir[NETPATHLEN], ndir[NETPATHLEN];
	int ctl, fd;

	all = v;
	if(announce(all->addr, dir) < 0){
		fprint(2, "%s: announce %s: %r\n", argv0, all->addr);
		return;
	}
	while((ctl = listen(dir, ndir)) >= 0){
		fd = accept(ctl, ndir);
		if(fd < 0)
			fprint(2, "%s: accept %s: %r\n", argv0, ndir);
		close(ctl);
		if(fd < 0)
			continue;
		s = emalloc9p(sizeof *s);
		*s = *all;
		s->addr = remote(ndir);
		s->infd = s->outfd = fd;
		s->free = hangupsrv;
		s->forker(serve, s, 0);
	}
	fprint(2, "%s: listen %s: %r\n", argv0, all->addr);
}

/* Every connection has a Srv of its own, with the functions of s. */
void
listensrv(Srv *s, char *addr)
{
	Srv *all;

	all = emalloc9p(sizeof *all);
	all->tree = s->tree;
	all->destroyfid = s->destroyfid;
	all->destroyreq = s->destroyreq;
	all->start = s->start;
	all->end = s->end;
	all->aux = s->aux;
	all->attach = s->attach;
	all->auth = s->auth;
	all->open = s->open;
	all->create = s->create;
	all->read = s->read;
	all->write = s->write;
	all->remove = s->remove;
	all->flush = s->flush;
	all->stat = s->stat;
	all->wstat = s->wstat;
	all->walk = s->walk;
	all->clone = s->clone;
	all->walk1 = s->walk1;
	all->keyspec = s->keyspec;
	all->forker = s->forker != nil ? s->forker : srvforker;
	all->addr = estrdup9p(addr);
	all->forker(answer, all, 0);
}
