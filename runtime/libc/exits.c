#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>

void (*_onexit)(void);	/* set by the first __cxa_atexit */

/* Destructors run once: in the process that ran the constructors. */
void
exits(char *status)
{
	void (**f)(void);

	if(getpid() == _mainpid){
		_mainpid = 0;
		if(_onexit != nil)
			_onexit();
		for(f = __fini_array_end; f > __fini_array_start;)
			(*--f)();
	}
	_exits(status);
}
