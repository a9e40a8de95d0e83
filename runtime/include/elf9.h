/* What the runtime's own files share; not for programs. */
#include <tos.h>

extern	void	(*__init_array_start[])(int, char**);
extern	void	(*__init_array_end[])(int, char**);
extern	void	(*__fini_array_start[])(void);
extern	void	(*__fini_array_end[])(void);
extern	char	__bss_end[];
extern	int	_mainpid;	/* process that ran the constructors, 0 once its destructors ran */
extern	void	(*_onexit)(void);

/*
 * What every process of a program has its own of, also those that share its memory: on the
 * stack of _callmain, at the same address in all of them.  The last one is notify's.
 */
enum
{
	Nprivates = 16,
	Phandler = Nprivates,	/* note_*.S knows it */
};
extern	void	**_privates;
extern	int	_nprivates;	/* that privalloc has not given away */

extern	int	_callmain(int, char**);

extern	long	_slurp(char *file, char *buf, long n);
extern	int	_scribble(char *file, char *text, long n);
extern	void*	_iochunks(IOchunk*, int, long*);
