/*
 * Children: starting them, how they end, what they share with their parent.
 * A child must not say ok: it exits with what is wrong, or with nothing.
 */
enum
{
	Fork = RFPROC|RFFDG|RFREND,
	Meet = RFPROC|RFFDG,	/* a child that can rendezvous with its parent */
	Ticks = 10,	/* ms of a clock tick */
};

static int *shared;	/* a page that every child sees, see sharing */
static char *program;	/* the last element of what runs, a file of the current directory */

/* Before any child: for those that look at shared or execute themselves. */
static inline void
sharing(char *argv0)
{
	char *s;

	shared = segattach(0, "shared", nil, 4096);
	s = strrchr(argv0, '/');
	program = s != nil ? s+1 : argv0;
}

/* Looks at shared[i] until it is n, for two seconds at most. */
static inline int
until(int i, int n)
{
	int t;

	for(t = 0; t < 400 && ((volatile int*)shared)[i] != n; t++)
		sleep(5);
	return ((volatile int*)shared)[i] == n;
}

/* The error string, which becomes empty. */
static inline char*
error(void)
{
	static char err[ERRMAX];

	err[0] = '\0';
	errstr(err, sizeof err);
	return err;
}

static inline void
seterror(char *s)
{
	char err[ERRMAX];

	strcpy(err, s);
	errstr(err, sizeof err);
}

/* Does text look like pattern, where * stands for anything? */
static inline int
match(char *pattern, char *text)
{
	for(; *pattern != '*'; pattern++, text++){
		if(*pattern != *text)
			return 0;
		if(*pattern == '\0')
			return 1;
	}
	for(pattern++; !match(pattern, text); text++)
		if(*text == '\0')
			return 0;
	return 1;
}

static inline int
like(char *got, char *want, char *name)
{
	int good;

	good = match(want, got);
	ok(good, name);
	if(!good)
		print("# got \"%s\"\n# want \"%s\"\n", got, want);
	return good;
}

/* A number in file, as /dev/ppid has it. */
static inline int
number(char *file)
{
	char buf[32];
	int fd, n;

	fd = open(file, OREAD);
	n = read(fd, buf, sizeof buf-1);
	close(fd);
	if(n < 0)
		return -1;
	buf[n] = '\0';
	return atoi(buf);
}

/* The last field of what await says without its quotes. */
static inline char*
lastfield(char *msg)
{
	char *s, *t;
	int i;

	s = msg;
	for(i = 0; i < 4 && s != nil; i++)
		if((s = strchr(s, ' ')) != nil)
			s++;
	if(s == nil)
		return "await said nonsense";
	if(*s != '\'')
		return s;
	msg = t = s;
	for(s++; *s != '\0'; s++){
		if(*s == '\'' && *++s != '\'')
			break;
		*t++ = *s;
	}
	*t = '\0';
	return msg;
}

/* What is behind `NAME PID: `. */
static inline char*
unprefixed(char *s)
{
	char *t;

	for(t = s; *t != '\0' && *t != '\n'; t++)
		if(t[0] == ':' && t[1] == ' ')
			return t+2;
	return s;
}

/* Waits for any child; text becomes `NAME PID: STATUS`. */
static inline int
waitany(char *text, int n)
{
	char buf[512];
	int m;

	m = await(buf, sizeof buf-1);
	if(m < 0){
		snprint(text, n, "await: %r");
		return -1;
	}
	buf[m] = '\0';
	m = atoi(buf);
	snprint(text, n, "%s", lastfield(buf));
	return m;
}

/* Waits for child pid: its status, without `NAME PID: `.  Others that come first are kept for later. */
static inline char*
waitchild(int pid)
{
	static struct
	{
		int	pid;
		char	text[ERRMAX];
	} early[64];
	static char text[512];
	int i, n;

	if(pid < 0){
		snprint(text, sizeof text, "rfork: %r");
		return text;
	}
	for(i = 0; i < nelem(early); i++)
		if(early[i].pid == pid){
			early[i].pid = 0;
			return unprefixed(early[i].text);
		}
	while((n = waitany(text, sizeof text)) >= 0 && n != pid)
		for(i = 0; i < nelem(early); i++)
			if(early[i].pid == 0){
				early[i].pid = n;
				strcpy(early[i].text, text);
				break;
			}
	return unprefixed(text);
}

/* All children are waited for, and forgotten: see waitchild. */
static inline void
waitall(void)
{
	char text[512];

	while(waitany(text, sizeof text) >= 0)
		;
}

/* Starts a child that does f. */
static inline int
start(int flags, void (*f)(void))
{
	int pid;

	pid = rfork(flags);
	if(pid == 0){
		f();
		_exits(nil);
	}
	return pid;
}

/* The status of a child that did f. */
static inline char*
run(int flags, void (*f)(void))
{
	return waitchild(start(flags, f));
}

/* A child that does f comes back without complaint. */
static inline int
fine(int flags, void (*f)(void), char *name)
{
	return same(run(flags, f), "", name);
}

/*
 * A child that does f dies: of the kernel's lines on its fd 2 only what is
 * behind `NAME PID: ` counts; they are joined by ` | `.  An ended of = is the
 * last line printed.
 */
static inline int
dies(void (*f)(void), char *printed, char *ended, char *name)
{
	char file[1024], lines[1024], *s, *t, *status;
	int fd, n, pid, good;

	pid = rfork(Fork);
	if(pid == 0){
		close(2);
		if(create("conf.err", OWRITE, 0666) != 2)
			_exits("no conf.err on descriptor 2");
		f();
		_exits("went on");
	}
	status = waitchild(pid);
	fd = open("conf.err", OREAD);
	n = readn(fd, file, sizeof file-1);
	close(fd);
	remove("conf.err");
	file[n < 0 ? 0 : n] = '\0';
	lines[0] = '\0';
	t = lines;
	for(s = file; *s != '\0'; s++){
		if(t != lines)
			t += snprint(t, lines+sizeof lines-t, " | ");
		for(s = unprefixed(s); *s != '\n' && *s != '\0'; s++)
			*t++ = *s;
		*t = '\0';
		if(*s == '\0')
			break;
	}
	if(strcmp(ended, "=") == 0){
		ended = lines;
		for(s = lines; *s != '\0'; s++)
			if(strncmp(s, "suicide: ", 9) == 0)
				ended = s+9;
	}
	good = match(printed, lines) && match(ended, status);
	ok(good, name);
	if(!good)
		print("# printed \"%s\", want \"%s\"\n# status \"%s\", want \"%s\"\n", lines, printed, status, ended);
	return good;
}

/* Copies the running program to conf.exec: something to execute on any system. */
static inline int
copyself(void)
{
	char buf[8192];
	int in, out, n;

	in = open(program, OREAD);
	out = create("conf.exec", OWRITE, 0777);
	while((n = read(in, buf, sizeof buf)) > 0)
		if(write(out, buf, n) != n)
			break;
	close(in);
	close(out);
	return n == 0 && in >= 0 && out >= 0;
}
