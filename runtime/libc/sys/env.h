enum
{
	Envlen = 100,	/* of /env/NAME with its NUL */
};

extern	int	_envname(char*, char*);
