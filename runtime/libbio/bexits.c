#include <u.h>
#include <libc.h>
#include <bio.h>
#include "bioimpl.h"

/*
 * What exits flushes: as many buffers as fit, which is more than a process has
 * files.  Processes that share memory may come here at the same time.
 */
static Biobufhdr *bufs[100];
static int registered;

static void
flushall(void)
{
	Biobufhdr *b;
	int i;

	for(i = 0; i < nelem(bufs); i++)
		if((b = bufs[i]) != nil){
			bufs[i] = nil;
			Bflush(b);
		}
}

void
_Bflushed(Biobufhdr *b)
{
	int i;

	for(i = 0; i < nelem(bufs); i++)
		if(bufs[i] == b)
			bufs[i] = nil;
}

void
_Bflushes(Biobufhdr *b)
{
	int i;

	_Bflushed(b);
	for(i = 0; i < nelem(bufs); i++)
		if(bufs[i] == nil && __sync_bool_compare_and_swap(&bufs[i], nil, b))
			break;
	if(__sync_bool_compare_and_swap(&registered, 0, 1))
		atexit(flushall);
}
