#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

enum
{
	Stack = 32*1024,
};

void
threadsrvforker(void (*f)(void*), void *arg, int flags)
{
	procrfork(f, arg, Stack, flags);
}

static void
withthreads(Srv *s)
{
	if(s->forker == nil)
		s->forker = threadsrvforker;
}

void
threadsrv(Srv *s)
{
	withthreads(s);
	srv(s);
}

int
threadpostsrv(Srv *s, char *name)
{
	withthreads(s);
	return postsrv(s, name);
}

void
threadpostmountsrv(Srv *s, char *name, char *mtpt, int flag)
{
	withthreads(s);
	postmountsrv(s, name, mtpt, flag);
}
