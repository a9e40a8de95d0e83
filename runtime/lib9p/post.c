#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/* The server has the caller's table of descriptors as it was, once the caller has one of its own. */
static void
serve(void *v)
{
	Srv *s;

	s = v;
	close((int)(uintptr)rendezvous(s, nil));
	srv(s);
}

/* In /srv the name stays as long as the server, which keeps its descriptor. */
int
postsrv(Srv *s, char *name)
{
	char file[160];
	int fd[2], post;

	if(pipe(fd) < 0)
		return -1;
	post = -1;
	if(name != nil){
		snprint(file, sizeof file, "/srv/%s", name);
		post = create(file, OWRITE|ORCLOSE|OCEXEC, 0600);
		if(post < 0 || fprint(post, "%d", fd[0]) < 0){
			if(post >= 0)
				close(post);
			close(fd[0]);
			close(fd[1]);
			return -1;
		}
	}
	s->infd = s->outfd = fd[1];
	if(s->forker == nil)
		s->forker = srvforker;
	s->forker(serve, s, RFNAMEG|RFNOTEG);
	rfork(RFFDG);
	rendezvous(s, (void*)(uintptr)fd[0]);
	if(post >= 0)
		close(post);
	close(fd[1]);
	return fd[0];
}

void
postmountsrv(Srv *s, char *name, char *mtpt, int flag)
{
	int fd;

	fd = postsrv(s, name);
	if(fd < 0)
		sysfatal("postsrv: %r");
	if(mtpt == nil)
		close(fd);
	else if(mount(fd, -1, mtpt, flag, "") < 0)	/* which closes fd */
		sysfatal("mount %s: %r", mtpt);
}
