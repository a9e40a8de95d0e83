/* What the files on dates have in common. */
enum
{
	Minsec = 60,
	Hoursec = 60*60,
	Daysec = 24*60*60,
	Nano = 1000*1000*1000,
	Nchange = 150,
};

struct Tzone
{
	char	name[32];	/* as it was asked for */
	char	std[16];
	char	dst[16];
	long	stdoff;	/* seconds east of GMT */
	long	dstoff;
	long	change[Nchange];	/* when summer time begins and ends, in pairs, 0 after the last */
};

extern	char	*_tmdays[];
extern	char	*_tmmonths[];

extern	int	_tmleap(vlong year);
extern	int	_tmmonthlen(int month, int leap);
extern	void	_tmzone(Tm*, Tzone*, vlong);
extern	int	_tmtext(Fmt*, char*, Tm*);
