/* Include u.h and libc.h first. */

/* How often c is in s. */
extern	int	@IDENT@_count(char *s, int c);
