/*
 * What musl's start-up does for a static program with one thread, as far as the
 * functions need it that are measured; compiled with musl's headers.
 */
#include <stdio.h>
#include "stdio_impl.h"
#include "pthread_impl.h"
#include "libc.h"

_Alignas(struct pthread) char elf9_thread[sizeof(struct pthread)];

static size_t noauxv[2];

void
start(void)
{
	libc.auxv = noauxv;
	libc.page_size = 4096;
	__pthread_self()->locale = &libc.global_locale;
}

/* stdin and stdout with buffers as large as libbio's, and that are not terminals */
static unsigned char inbuf[UNGET + 8192], outbuf[UNGET + 8192];

FILE*
reader(void)
{
	stdin->buf = inbuf + UNGET;
	stdin->buf_size = sizeof inbuf - UNGET;
	stdin->rpos = stdin->rend = 0;
	return stdin;
}

FILE*
writer(void)
{
	stdout->buf = outbuf + UNGET;
	stdout->buf_size = sizeof outbuf - UNGET;
	stdout->lbf = -1;
	stdout->write = __stdio_write;
	return stdout;
}
