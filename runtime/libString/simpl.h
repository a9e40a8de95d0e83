/* What the files of libString share. */
enum
{
	Short = 128,	/* bytes of a new String */
};

extern	String*	_snew(void);	/* one without bytes, a reference to it */
extern	void	_sroom(String*, int);	/* for so many more bytes */
extern	void	_sown(String*, char*);	/* dies if others have s: they would not see it change */
