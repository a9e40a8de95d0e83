#include <u.h>
#include <libc.h>
#include <fcall.h>

/* %M: a mode as ls -l shows it. */
int
dirmodefmt(Fmt *f)
{
	char text[12];
	ulong mode;
	int i;

	mode = va_arg(f->args, ulong);
	text[0] = mode & DMDIR ? 'd' : mode & DMAPPEND ? 'a' : mode & DMAUTH ? 'A' : '-';
	text[1] = mode & DMEXCL ? 'l' : '-';
	for(i = 0; i < 9; i++)
		text[2+i] = mode & 0400>>i ? "rwx"[i%3] : '-';
	text[11] = '\0';
	return fmtstrcpy(f, text);
}
