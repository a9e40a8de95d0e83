/* What strtol and its kin have in common: see strtoint.c. */
enum
{
	Nstrict = 1<<0,	/* strtoul's ways with bases below 2 and with 0x */
};

extern	uvlong	_strtoint(char *s, char **end, int base, uvlong max, int flags, int *neg, int *over);
