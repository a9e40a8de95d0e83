#include <u.h>
#include <libc.h>
#include "netaddr.h"

/* The clone file and the address for it that addr means; cs is asked where it is. */
static int
translate(char *addr, char *clone, char *local)
{
	char buf[Maxpath], netdir[Maxpath], *bang, *p;
	int fd, n;

	bang = strchr(addr, '!');
	strcpy(netdir, "/net");
	if(bang != nil && (*addr == '/' || *addr == '#')){
		for(p = bang; p > addr && *p != '/'; p--)
			;
		n = p - addr;
		if(n == 0 || n >= Maxpath)
			bang = nil;
		else{
			memmove(netdir, addr, n);
			netdir[n] = '\0';
			addr = p+1;
		}
	}
	if(bang == nil){
		werrstr("bad dial string: %s", addr);
		return -1;
	}
	snprint(buf, sizeof buf, "%s/cs", netdir);
	fd = open(buf, ORDWR);
	if(fd < 0){
		snprint(clone, Maxpath, "%s/%.*s/clone", netdir, utfnlen(addr, bang-addr), addr);
		strecpy(local, local+Maxpath, bang+1);
		return 0;
	}
	n = -1;
	if(write(fd, addr, strlen(addr)) >= 0){
		seek(fd, 0, 0);
		n = read(fd, buf, sizeof buf-1);
	}
	close(fd);
	if(n <= 0)
		return -1;
	buf[n] = '\0';
	p = strchr(buf, ' ');
	if(p == nil){
		werrstr("bad answer of cs: %s", buf);
		return -1;
	}
	*p++ = '\0';
	strecpy(local, local+Maxpath, p);
	_netclone(clone, netdir, buf);
	return 0;
}

static void
copydir(char *to, char *dir)
{
	if(to == nil)
		return;
	strncpy(to, dir, NETPATHLEN);
	to[NETPATHLEN-1] = '\0';
}

/* Offers a service; the control file's descriptor, and the directory to listen in. */
int
announce(char *addr, char *dir)
{
	char clone[Maxpath], local[Maxpath], conn[Maxpath], text[Maxpath];
	int ctl, n;

	if(translate(addr, clone, local) < 0)
		return -1;
	ctl = open(clone, ORDWR);
	if(ctl < 0){
		werrstr("announce opening %s: %r", clone);
		return -1;
	}
	if(_netconn(clone, conn, ctl) < 0){
		werrstr("announce reading %s: %r", clone);
		close(ctl);
		return -1;
	}
	n = snprint(text, sizeof text, "announce %s", local);
	if(write(ctl, text, n) != n){
		werrstr("announce writing %s: %r", clone);
		close(ctl);
		return -1;
	}
	copydir(dir, conn);
	return ctl;
}

/* Waits for a call; the control file's descriptor of the new connection, and its directory. */
int
listen(char *dir, char *newdir)
{
	char file[Maxpath], conn[Maxpath];
	int ctl;

	snprint(file, sizeof file, "%s/listen", dir);
	ctl = open(file, ORDWR);
	if(ctl < 0){
		werrstr("listen opening %s: %r", file);
		return -1;
	}
	if(strrchr(dir, '/') == nil){
		close(ctl);
		werrstr("listen arg format %s", dir);
		return -1;
	}
	if(_netconn(dir, conn, ctl) < 0){
		close(ctl);
		werrstr("listen reading %s: %r", file);
		return -1;
	}
	copydir(newdir, conn);
	return ctl;
}

static char*
number(char *dir)
{
	char *p;

	p = strrchr(dir, '/');
	return p != nil ? p+1 : dir;
}

/* The data file's descriptor of a call that listen returned.  Not every network wants the word accept. */
int
accept(int ctl, char *dir)
{
	char text[Maxpath];
	int n;

	n = snprint(text, sizeof text, "accept %s", number(dir));
	write(ctl, text, n);
	snprint(text, sizeof text, "%s/data", dir);
	return open(text, ORDWR);
}

int
reject(int ctl, char *dir, char *cause)
{
	char text[Maxpath];
	int n;

	n = snprint(text, sizeof text, "reject %s %s", number(dir), cause);
	return write(ctl, text, n) == n ? 0 : -1;
}
