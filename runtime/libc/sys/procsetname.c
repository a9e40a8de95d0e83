#include <u.h>
#include <libc.h>
#include <elf9.h>
#include <elf9va.h>

/* What ps shows as the arguments of this process. */
GENERAL void
procsetname(char *fmt, ...)
{
	char file[32], text[128];
	va_list arg;
	int n;

	va_startfmt(arg, fmt);
	snprint(file, sizeof file, "/proc/%d/args", getpid());
	n = _vsnprint(text, sizeof text, fmt, &arg);
	va_end(arg);
	_scribble(file, text, n+1);
}
