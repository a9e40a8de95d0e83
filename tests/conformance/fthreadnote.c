#include <u.h>
#include <libc.h>
#include <thread.h>

/* A note handler of a threaded program with doubles; this file is built without float=True. */
extern	Channel	*said;
volatile int	sawnote;

int
threadhandler(void *ureg, char *note)
{
	USED(ureg);
	if(strcmp(note, "name") != 0)
		return 0;
	threadsetname("thread %d of %s", threadid(), "mine");
	chanprint(said, "%s %d %C", note, 42, 0x3b1);
	sawnote++;
	return 1;
}
