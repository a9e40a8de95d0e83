#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

void
srvforker(void (*f)(void*), void *arg, int flags)
{
	switch(rfork(RFPROC|RFMEM|RFNOWAIT|flags)){
	case -1:
		sysfatal("rfork: %r");
	case 0:
		f(arg);
		_exits(nil);
	}
}
