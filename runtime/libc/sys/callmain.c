#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>
#undef main

Tos *_tos;
int _mainpid;
void **_privates;
int _nprivates;

extern int main(int, char**);

/*
 * Called by _start.  The value of an ISO main becomes the exit string: none
 * for 0, else the number.  A Plan 9 main never returns to here: see main.c.
 */
int
_callmain(int argc, char **argv)
{
	void (**f)(int, char**);
	void *privates[Nprivates+1];
	char status[16];
	int r;

	memset(privates, 0, sizeof privates);
	_privates = privates;
	_nprivates = Nprivates;
	_mainpid = getpid();
	for(f = __init_array_start; f < __init_array_end; f++)
		(*f)(argc, argv);
	r = main(argc, argv);
	if(r == 0)
		exits(nil);
	snprint(status, sizeof status, "%d", r);
	exits(status);
}
