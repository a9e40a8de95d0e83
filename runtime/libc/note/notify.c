#include <u.h>
#include <libc.h>
#include <elf9.h>

extern void _enternote(void);

/*
 * The kernel enters _enternote, which makes what a C function wants of what it
 * gives and calls the handler of this process.
 */
int
notify(void (*f)(void*, char*))
{
	if(f == nil)
		return _notify(nil);
	_privates[Phandler] = f;
	return _notify(_enternote);
}
