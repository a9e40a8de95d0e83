#include <u.h>
#include <libc.h>
#include <elf9va.h>

/* exec with the arguments, argv[0] the first of them, up to a nil. */
NOFLOATS int
execl(char *file, ...)
{
	va_list list;
	int i, n;

	va_start(list, file);
	for(n = 1; va_arg(list, char*) != nil; n++)
		;
	va_end(list);

	char *argv[n];
	va_start(list, file);
	for(i = 0; i < n; i++)
		argv[i] = va_arg(list, char*);
	va_end(list);
	return exec(file, argv);
}
