#include <u.h>
#include <libc.h>
#include <elf9va.h>

/* Says why on fd 2 and exits with the same text. */
static void
fatal(char *fmt, va_list arg)
{
	char buf[1024];

	vsnprint(buf, sizeof buf, fmt, arg);
	if(argv0 != nil)
		fprint(2, "%s: %s\n", argv0, buf);
	else
		fprint(2, "%s\n", buf);
	exits(buf);
}

void (*_sysfatal)(char*, va_list) = fatal;	/* the thread library ends more than this process */

void
_vsysfatal(char *fmt, va_list *arg)
{
	(*_sysfatal)(fmt, *arg);
}
