/* What the runtime's own files share; not for programs. */
extern	Tos	*_tos;
extern	void	(*__init_array_start[])(int, char**);
extern	void	(*__init_array_end[])(int, char**);
extern	void	(*__fini_array_start[])(void);
extern	void	(*__fini_array_end[])(void);
extern	char	__bss_end[];
extern	int	_mainpid;	/* process that ran the constructors, 0 once its destructors ran */
extern	void	(*_onexit)(void);

extern	int	_callmain(int, char**);
