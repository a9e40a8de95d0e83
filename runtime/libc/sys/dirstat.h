extern	Dir*	_dirstat(char*, int);
extern	int	_dirwstat(char*, int, Dir*);
