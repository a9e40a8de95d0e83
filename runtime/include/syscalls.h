/* Made from syscalls.tsv by mksyscalls.py; included by libc.h. */

enum
{
	SYS_sysr1 = 0,
	SYS__errstr = 1,
	SYS_bind = 2,
	SYS_chdir = 3,
	SYS_close = 4,
	SYS_dup = 5,
	SYS_alarm = 6,
	SYS_exec = 7,
	SYS_exits = 8,
	SYS__fsession = 9,
	SYS_fauth = 10,
	SYS__fstat = 11,
	SYS_segbrk = 12,
	SYS__mount = 13,
	SYS_open = 14,
	SYS__read = 15,
	SYS_oseek = 16,
	SYS_sleep = 17,
	SYS__stat = 18,
	SYS_rfork = 19,
	SYS__write = 20,
	SYS_pipe = 21,
	SYS_create = 22,
	SYS_fd2path = 23,
	SYS_brk_ = 24,
	SYS_remove = 25,
	SYS__wstat = 26,
	SYS__fwstat = 27,
	SYS_notify = 28,
	SYS_noted = 29,
	SYS_segattach = 30,
	SYS_segdetach = 31,
	SYS_segfree = 32,
	SYS_segflush = 33,
	SYS_rendezvous = 34,
	SYS_unmount = 35,
	SYS__wait = 36,
	SYS_semacquire = 37,
	SYS_semrelease = 38,
	SYS_seek = 39,
	SYS_fversion = 40,
	SYS_errstr = 41,
	SYS_stat = 42,
	SYS_fstat = 43,
	SYS_wstat = 44,
	SYS_fwstat = 45,
	SYS_mount = 46,
	SYS_await = 47,
	SYS_pread = 50,
	SYS_pwrite = 51,
	SYS_tsemacquire = 52,
	SYS__nsec = 53,
};

extern	int	sysr1(void);
extern	int	_errstr(char *buf);
extern	int	bind(char *name, char *old, int flag);
extern	int	chdir(char *dir);
extern	int	close(int fd);
extern	int	dup(int oldfd, int newfd);
extern	long	alarm(ulong ms);
extern	int	exec(char *file, char *argv[]);
extern	_Noreturn void	_exits(char *status);
extern	int	_fsession(int fd, char *buf, uint n);
extern	int	fauth(int fd, char *aname);
extern	int	_fstat(int fd, void *buf);
extern	void*	segbrk(void *saddr, void *addr);
extern	int	_mount(int fd, char *old, int flag, char *aname);
extern	int	open(char *file, int mode);
extern	long	_read(int fd, void *buf, long n);
extern	long	oseek(int fd, long offset, int type);
extern	int	sleep(long ms);
extern	int	_stat(char *file, void *buf);
extern	int	rfork(int flags);
extern	long	_write(int fd, void *buf, long n);
extern	int	pipe(int *fd);
extern	int	create(char *file, int mode, ulong perm);
extern	int	fd2path(int fd, char *buf, int n);
extern	int	brk_(void *addr);
extern	int	remove(char *file);
extern	int	_wstat(char *file, void *buf);
extern	int	_fwstat(int fd, void *buf);
extern	int	_notify(void *handler);
extern	int	noted(int v);
extern	void*	segattach(int attr, char *kind, void *va, ulong len);
extern	int	segdetach(void *addr);
extern	int	segfree(void *va, ulong len);
extern	int	segflush(void *va, ulong len);
extern	void*	rendezvous(void *tag, void *value);
extern	int	unmount(char *name, char *old);
extern	int	_wait(void *waitmsg);
extern	int	semacquire(long *addr, int block);
extern	long	semrelease(long *addr, long delta);
extern	int	_seek(vlong *result, int fd, vlong offset, int type);
extern	int	fversion(int fd, int msize, char *version, int nversion);
extern	int	errstr(char *err, uint n);
extern	int	stat(char *name, uchar *edir, int n);
extern	int	fstat(int fd, uchar *edir, int n);
extern	int	wstat(char *name, uchar *edir, int n);
extern	int	fwstat(int fd, uchar *edir, int n);
extern	int	mount(int fd, int afd, char *old, int flag, char *aname);
extern	int	await(char *buf, int n);
extern	long	pread(int fd, void *buf, long n, vlong offset);
extern	long	pwrite(int fd, void *buf, long n, vlong offset);
extern	int	tsemacquire(long *addr, ulong ms);
extern	vlong	_nsec(void);
