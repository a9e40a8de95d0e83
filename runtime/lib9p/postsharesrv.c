#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

void
postsharesrv(Srv *s, char *name, char *mtpt, char *desc)
{
	char file[80];
	int fd, share;

	share = -1;
	if(mtpt != nil && desc != nil){
		snprint(file, sizeof file, "#σc/%s", mtpt);
		fd = create(file, OREAD, DMDIR|0700);	/* it may be there */
		if(fd >= 0)
			close(fd);
		snprint(file, sizeof file, "#σc/%s/%s", mtpt, desc);
		share = create(file, OWRITE|ORCLOSE|OCEXEC, 0600);
		if(share < 0)
			sysfatal("create %s: %r", file);
	}
	fd = postsrv(s, name);
	if(fd < 0)
		sysfatal("postsrv: %r");
	if(share >= 0){
		if(fprint(share, "%d\n", fd) < 0)
			sysfatal("write %s: %r", file);
		close(share);
	}
	close(fd);
}
