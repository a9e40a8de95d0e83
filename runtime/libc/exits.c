#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>

extern void __cxa_finalize(void*) __attribute__((weak));

/* Destructors run once: in the process that ran the constructors. */
void
exits(char *status)
{
	void (**f)(void);

	if(getpid() == _mainpid){
		_mainpid = 0;
		if(__cxa_finalize != nil)
			__cxa_finalize(nil);
		for(f = __fini_array_end; f > __fini_array_start;)
			(*--f)();
	}
	_exits(status);
}
