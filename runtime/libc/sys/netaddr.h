/* Limits of addresses and of the names of files below /net, and what dial and announce have in common. */
enum
{
	Maxaddr = 128,
	Maxpath = 256,
};

extern	void	_netclone(char *file, char *netdir, char *clone);
extern	int	_netconn(char *clone, char *dir, int fd);
