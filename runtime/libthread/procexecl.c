#include <u.h>
#include <libc.h>
#include <thread.h>
#include <elf9va.h>

NOFLOATS void
procexecl(Channel *pidc, char *file, ...)
{
	va_list arg;
	char **args;
	int i, n;

	va_start(arg, file);
	for(n = 1; va_arg(arg, char*) != nil; n++)
		;
	va_end(arg);
	args = malloc(n*sizeof args[0]);
	if(args == nil)
		sysfatal("procexecl: %r");
	va_start(arg, file);
	for(i = 0; i < n; i++)
		args[i] = va_arg(arg, char*);
	va_end(arg);
	procexec(pidc, file, args);
	free(args);
}
