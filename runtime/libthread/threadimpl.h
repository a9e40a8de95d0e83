/*
 * What the files of the thread library share.
 *
 * A proc is a process that shares the memory of the others.  Its own stack,
 * which no other process sees, is the scheduler's; threads have stacks from
 * malloc.  A thread goes to the scheduler of its proc and back by longjmp.
 *
 * One lock is for everything: the procs, their threads, channels, meetings.
 * Who holds it does not allocate, sleep or print.  A thread that is going to
 * wait keeps it until its scheduler runs, so nobody wakes a thread that is
 * still on its stack.  A note that comes while a proc holds it is put off.
 */
typedef struct Thread Thread;
typedef struct Proc Proc;
typedef struct Execjob Execjob;
typedef struct Waiter Waiter;

#define Guard ((uintptr)0x5afe57acULL)

enum
{
	Extrastack = 4096,	/* GCC's frames keep registers, and a note's handler is called on the stack */
	Nmeet = 61,
};

typedef enum
{
	Ready,	/* in the queue of its proc */
	Running,
	Inalt,	/* waits for channels */
	Meeting,	/* waits in _threadrendezvous: for a qlock */
	Dead,
} State;

/* a place in the queue of a channel, on the stack of who waits; Channel.qentry points to the first */
struct Waiter
{
	Alt	*a;
	Thread	*t;
	Waiter	*prev;
	Waiter	*next;
};

struct Thread
{
	jmp_buf	context;	/* where it goes on */
	int	id;
	int	grp;
	State	state;
	int	dying;	/* was killed */
	int	immortal;	/* but not yet: somebody else uses its stack */
	uchar	*stack;	/* its first word is Guard; this struct is behind it */
	uint	nstack;
	void	(*f)(void*);
	void	*arg;
	Proc	*proc;
	Thread	*next;	/* in a queue */
	Thread	*link;	/* of the same proc */
	Waiter	*waiters;	/* while Inalt */
	int	nwaiter;
	Alt	*won;	/* what alt waited for; nil: threadint */
	void	*tag;	/* while Meeting */
	void	*value;
	char	*name;
	void	*data;
};

struct Execjob
{
	char	*file;
	char	**args;
	int	fd[2];	/* to hear why exec failed */
	int	pid;
};

struct Proc
{
	jmp_buf	context;	/* the scheduler */
	int	pid;	/* 0 before it runs */
	Thread	*self;	/* who runs */
	Thread	*threads;
	Thread	*head;	/* ready */
	Thread	*tail;
	int	asleep;	/* there is nothing to do, it waits for wakeups */
	long	wakeups;
	volatile int	idle;	/* asleep, or about to be or to wake up */
	volatile int	busy;	/* notes are put off */
	volatile int	pending;	/* some were */
	int	handling;	/* a note's handler runs */
	Proc	*fork;	/* for the scheduler: start this */
	int	flags;	/* of its rfork */
	Execjob	*exec;	/* for the scheduler: this, too */
	int	leaving;	/* threadexitsall has told it */
	char	status[ERRMAX];
	void	*data;
	Proc	*next;
};

extern	Proc	**_threadprocp;	/* private to each process */
#define PROC (*_threadprocp)

extern	Proc	*_threadprocs;
extern	char	*_threadstatus;	/* of threadexitsall; nil before */
extern	Channel	*_threadwaits;	/* of threadwaitchan; nil before */

extern	void	_threadlock(void);
extern	void	_threadunlock(void);
extern	void	_threadletgo(void);
extern	void	_threadnotes(void);
extern	void	_threadnote(void*, char*);
extern	void*	_threadalloc(ulong);
extern	Proc*	_threadnewproc(void(*)(void*), void*, uint stacksize, int grp);
extern	_Noreturn void	_threadscheduler(void);
extern	void	_threadswitch(State);
extern	void	_threadready(Thread*);
extern	void	_threadmortal(void);
extern	void*	_threadrendezvous(void*, void*);
extern	void	_threadwake(Thread*, Alt*);
