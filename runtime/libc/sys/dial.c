#include <u.h>
#include <libc.h>
#include "netaddr.h"

typedef struct Dial Dial;
struct Dial
{
	char	*netdir;
	char	*proto;
	char	*rest;	/* of the address */
	char	*local;
	char	*dir;	/* of the caller, may be nil, as may ctl */
	int	*ctl;
};

/* One address: connects, and opens the data file. */
static int
call(Dial *d, char *clone, char *remote, char *local)
{
	char file[Maxpath], dir[Maxpath], text[Maxpath];
	int ctl, data, n;

	_netclone(file, d->netdir, clone);
	ctl = open(file, ORDWR);
	if(ctl < 0)
		return -1;
	data = -1;
	if(_netconn(file, dir, ctl) == 0){
		n = snprint(text, sizeof text, local != nil ? "connect %s %s" : "connect %s", remote, local);
		if(write(ctl, text, n) == n){
			snprint(file, sizeof file, "%s/data", dir);
			data = open(file, ORDWR);
		}
	}
	if(data < 0){
		close(ctl);
		return -1;
	}
	if(d->dir != nil){
		strncpy(d->dir, dir, NETPATHLEN);
		d->dir[NETPATHLEN-1] = '\0';
	}
	if(d->ctl != nil)
		*d->ctl = ctl;
	else
		close(ctl);
	return data;
}

/*
 * Each address that the connection server knows, until one answers; the
 * address as it stands where there is no such server.  The error is that of
 * the last one which is there at all.
 */
static int
try(Dial *d)
{
	char buf[Maxaddr], clone[Maxpath], err[ERRMAX], *remote, *local;
	int cs, n, fd;

	snprint(buf, sizeof buf, "%s/cs", d->netdir);
	cs = open(buf, ORDWR);
	if(cs < 0){
		snprint(clone, sizeof clone, "%s/%s/clone", d->netdir, d->proto);
		return call(d, clone, d->rest, d->local);
	}
	n = snprint(buf, sizeof buf, "%s!%s", d->proto, d->rest);
	if(write(cs, buf, n) < 0){
		close(cs);
		return -1;
	}
	err[0] = '\0';
	fd = -1;
	seek(cs, 0, 0);
	while((n = read(cs, buf, sizeof buf-1)) > 0){
		buf[n] = '\0';
		remote = strchr(buf, ' ');
		if(remote == nil)
			continue;
		*remote++ = '\0';
		local = strchr(remote, ' ');
		if(local != nil)
			*local++ = '\0';
		fd = call(d, buf, remote, d->local != nil ? d->local : local);
		if(fd >= 0)
			break;
		errstr(err, sizeof err);
		if(strcmp(err, "interrupted") == 0)
			break;
		if(strstr(err, "does not exist") != nil)
			errstr(err, sizeof err);
	}
	close(cs);
	if(fd < 0 && err[0] != '\0')
		errstr(err, sizeof err);
	return fd;
}

/* [/netdir/]proto!rest, or rest alone: proto is then net.  The text is cut to pieces. */
static void
parse(Dial *d, char *addr)
{
	char *bang, *p;

	d->netdir = nil;
	d->proto = "net";
	d->rest = addr;
	bang = strchr(addr, '!');
	if(bang == nil)
		return;
	*bang = '\0';
	d->rest = bang+1;
	d->proto = addr;
	p = strrchr(addr, '/');
	if(p != nil && (addr[0] == '/' || addr[0] == '#')){
		*p = '\0';
		d->netdir = addr;
		d->proto = p+1;
	}
}

/*
 * Calls; the data file's descriptor.  Without a network directory in the
 * address it is /net, then /net.alt.
 */
int
dial(char *addr, char *local, char *dir, int *ctl)
{
	char buf[Maxaddr], err[ERRMAX];
	Dial d;
	int fd;

	strecpy(buf, buf+sizeof buf, addr);
	parse(&d, buf);
	d.local = local;
	d.dir = dir;
	d.ctl = ctl;
	if(d.netdir != nil)
		return try(&d);
	d.netdir = "/net";
	fd = try(&d);
	if(fd >= 0)
		return fd;
	rerrstr(err, sizeof err);
	if(strcmp(err, "interrupted") == 0 || strstr(err, "refused") != nil)
		return -1;
	d.netdir = "/net.alt";
	fd = try(&d);
	if(fd >= 0)
		return fd;
	errstr(err, sizeof err);
	if(strstr(err, "translate") == nil && strstr(err, "does not exist") == nil)
		errstr(err, sizeof err);
	return -1;
}
