/* What the files about ioprocs share. */
typedef struct Iocall Iocall;

struct Ioproc
{
	QLock;
	Channel	*c;	/* of Iocall*: asked, nil at the end */
	Channel	*reply;
	int	ctl;	/* of its process */
	int	interrupts;	/* since the last call */
};

struct Iocall
{
	long	(*op)(va_list*);
	va_list	arg;
	long	ret;
	char	err[ERRMAX];
};
