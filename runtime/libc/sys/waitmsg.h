/* What await says: pid, user, system and real time, exit string. */
enum
{
	Wpid,
	Wuser,
	Wsystem,
	Wreal,
	Wmsg,
	Nwait,
	Waitlen = 512,
};

extern	int	_await(char*, char**);
