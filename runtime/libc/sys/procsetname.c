#include <u.h>
#include <libc.h>
#include <elf9.h>

/* What ps shows as the arguments of this process. */
void
procsetname(char *fmt, ...)
{
	char file[32], text[128];
	va_list arg;
	int n;

	snprint(file, sizeof file, "/proc/%d/args", getpid());
	va_start(arg, fmt);
	n = vsnprint(text, sizeof text, fmt, arg);
	va_end(arg);
	_scribble(file, text, n+1);
}
