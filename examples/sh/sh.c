#include <u.h>
#include <libc.h>
#include <bio.h>
#include <ctype.h>
#include <String.h>

/*
 * A small shell: simple commands of rc(1), separated by ; and &, pipes,
 * redirection by < > >>, quotes 'it''s', $name, name=value, # comments;
 * cd, exit and wait are its own.  It runs -c's argument, a file, or what it
 * reads, with -i after a prompt.  Left out are lists and patterns, `{}, <{},
 * other descriptors, functions, and all that is a keyword in rc.
 */
enum
{
	Narg = 100,
};

typedef struct Cmd Cmd;
struct Cmd
{
	char	*argv[Narg+1];
	int	argc;
	char	*in;
	char	*out;
	int	append;
	int	pid;	/* while it runs */
	Cmd	*next;	/* reads what it writes */
};

static char *p;		/* what is left of the text */
static char *wrong;	/* with it */
static int shellpid;
static volatile int interrupted;

static void
setstatus(char *s)
{
	/* a variable is a file in /env, which a process shares with its children: no export */
	if(putenv("status", s) < 0)
		fprint(2, "%s: can't set status: %r\n", argv0);
}

static void
setnumber(char *name, int n)
{
	char buf[16];

	snprint(buf, sizeof buf, "%d", n);
	putenv(name, buf);
}

/* Takes a quoted string, all but its first quote. */
static void
quoted(String *s)
{
	for(;;){
		if(*p == '\0'){
			wrong = "a quote is not closed";
			return;
		}
		if(*p == '\'' && *++p != '\'')	/* two of them are one */
			return;
		s_putc(s, *p++);
	}
}

static void
variable(String *s)
{
	char name[64], *e, *value;

	e = name;
	while(e < name+sizeof name-1 && (isalnum(*p) || *p == '_' || *p & Runeself))	/* all that is not ASCII */
		*e++ = *p++;
	*e = '\0';
	value = getenv(name);
	if(value != nil)
		s_append(s, value);
	free(value);
}

/*
 * Takes a word; nil if it comes to nothing, as $name of no variable does.
 * Bytes will do: no byte of a longer rune looks like ASCII.
 */
static char*
word(void)
{
	String *s;
	char *text;
	int keep;

	keep = 0;
	s = s_new();
	while(*p != '\0' && strchr(" \t\n;&|<>#", *p) == nil)
		if(*p == '\''){
			p++;
			quoted(s);
			keep = 1;
		}else if(*p == '$'){
			p++;
			variable(s);
		}else
			s_putc(s, *p++);
	s_terminate(s);
	text = nil;
	if(s_len(s) > 0 || keep){
		text = strdup(s_to_c(s));
		if(text == nil)
			sysfatal("no memory: %r");
	}
	s_free(s);
	return text;
}

static char*
file(void)
{
	char *s;

	p += strspn(p, " \t");
	s = word();
	if(s == nil)
		wrong = "a redirection has no file";
	return s;
}

/* Takes a command and those that it is piped to. */
static Cmd*
command(void)
{
	Cmd *c;
	char *s;

	c = mallocz(sizeof *c, 1);
	if(c == nil)
		sysfatal("no memory: %r");
	while(wrong == nil){
		p += strspn(p, " \t");
		switch(*p){
		case '<':
			p++;
			free(c->in);
			c->in = file();
			break;
		case '>':
			p++;
			c->append = *p == '>';
			if(c->append)
				p++;
			free(c->out);
			c->out = file();
			break;
		case '|':
			p++;
			c->next = command();
			if(c->argc == 0 || c->next->argc == 0)
				wrong = "a pipe leads nowhere";
			return c;
		case '#':
			p += strcspn(p, "\n");
		case '\n':
		case ';':
		case '&':
		case '\0':
			return c;
		default:
			s = word();
			if(c->argc == Narg)
				wrong = "too many arguments";
			else if(s != nil)
				c->argv[c->argc++] = s;
		}
	}
	return c;
}

static void
freecmd(Cmd *c)
{
	int i;

	if(c == nil)
		return;
	for(i = 0; i < c->argc; i++)
		free(c->argv[i]);
	free(c->in);
	free(c->out);
	freecmd(c->next);
	free(c);
}

/* Does what a child could not do for the shell; was it that? */
static int
builtin(Cmd *c)
{
	char *s;
	Waitmsg *w;

	s = strchr(c->argv[0], '=');
	if(s != nil && s > c->argv[0] && c->argc == 1){
		*s++ = '\0';
		if(putenv(c->argv[0], s) < 0)
			fprint(2, "%s: %r\n", argv0);
		return 1;
	}
	if(strcmp(c->argv[0], "cd") == 0){
		s = c->argc > 1 ? strdup(c->argv[1]) : getenv("home");
		setstatus("");
		if(s == nil || chdir(s) < 0){
			fprint(2, "%s: cd: %r\n", argv0);
			setstatus("cd");
		}
		free(s);
		return 1;
	}
	if(strcmp(c->argv[0], "exit") == 0)
		exits(c->argc > 1 ? c->argv[1] : getenv("status"));
	if(strcmp(c->argv[0], "wait") == 0){
		while((w = wait()) != nil)
			free(w);
		return 1;
	}
	return 0;
}

static void
redirect(char *name, int fd, int to)
{
	if(fd < 0){
		fprint(2, "%s: %s: %r\n", argv0, name);
		exits("redirection");
	}
	dup(fd, to);
	close(fd);
}

/* Becomes a command. */
static void
execute(Cmd *c)
{
	char *name, *path;
	int fd;

	if(c->in != nil)
		redirect(c->in, open(c->in, OREAD), 0);
	if(c->out != nil){
		fd = -1;
		if(c->append && (fd = open(c->out, OWRITE)) >= 0)
			seek(fd, 0, 2);
		if(fd < 0)
			fd = create(c->out, OWRITE, 0666);
		redirect(c->out, fd, 1);
	}
	if(builtin(c))
		exits(getenv("status"));
	name = c->argv[0];
	if(name[0] != '/' && name[0] != '.'){
		path = smprint("/bin/%s", name);	/* all programs are bound there, so that nothing else has to be searched */
		exec(path, c->argv);
	}
	exec(name, c->argv);
	fprint(2, "%s: %s: %r\n", argv0, name);
	exits("can't exec");
}

/* Runs a pipeline and waits for all of it; $status is how its last command ended. */
static void
run(Cmd *first)
{
	Cmd *c;
	Waitmsg *w;
	int fd[2], in, n;

	if(first->next == nil && builtin(first))
		return;
	in = -1;
	n = 0;
	for(c = first; c != nil; c = c->next){
		fd[0] = fd[1] = -1;	/* the ends of a pipe: either could be read and written */
		if(c->next != nil && pipe(fd) < 0)
			sysfatal("pipe: %r");
		c->pid = fork();	/* the child has descriptors of its own; it shares name space, /env and notes */
		switch(c->pid){
		case -1:
			sysfatal("fork: %r");
		case 0:
			if(interrupted)	/* by an earlier command of the pipeline, before there was this one */
				exits("interrupt");
			if(in >= 0)
				dup(in, 0);
			if(fd[1] >= 0)
				dup(fd[1], 1);
			close(in);
			close(fd[0]);
			close(fd[1]);
			execute(c);
		}
		n++;
		close(in);
		close(fd[1]);
		in = fd[0];
	}
	while(n > 0){
		w = wait();
		if(w == nil){
			if(interrupted)
				continue;	/* wait was interrupted, and so are the children */
			sysfatal("wait: %r");
		}
		for(c = first; c != nil; c = c->next)
			if(c->pid == w->pid){
				n--;
				if(c->next == nil)
					setstatus(w->msg);
			}
		free(w);
	}
}

static void
background(Cmd *c)
{
	int pid;

	pid = rfork(RFPROC|RFFDG|RFNOTEG);	/* in a note group of its own: an interrupt does not reach it */
	switch(pid){
	case -1:
		sysfatal("fork: %r");
	case 0:
		close(0);
		open("/dev/null", OREAD);
		run(c);
		exits(getenv("status"));
	}
	setnumber("apid", pid);
}

static void
runtext(char *text)
{
	Cmd *c;

	wrong = nil;
	for(p = text; *p != '\0' && !interrupted;){
		c = command();
		if(wrong != nil){
			fprint(2, "%s: %s\n", argv0, wrong);
			setstatus("syntax error");
			p = "";
		}else if(c->argc > 0){
			if(*p == '&')
				background(c);
			else
				run(c);
		}
		if(*p != '\0')
			p++;
		freecmd(c);
	}
}

/*
 * An interrupt is for all who share a note group.  The commands die of it; the
 * shell goes on, but what it waited for fails with the error "interrupted".
 */
static int
note(void *ureg, char *text)
{
	USED(ureg);
	if(getpid() != shellpid || strcmp(text, "interrupt") != 0)
		return 0;	/* not ours: the process dies, a child that has not become its command as well */
	interrupted = 1;
	return 1;
}

static void
usage(void)
{
	fprint(2, "usage: %s [-i] [-c command] [file]\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	char *line;
	int fd, iflag;
	Biobuf in;

	line = nil;
	iflag = 0;
	ARGBEGIN{
	case 'c':
		line = EARGF(usage());
		break;
	case 'i':
		iflag = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc > 1)
		usage();

	shellpid = getpid();
	setnumber("pid", shellpid);
	setstatus("");
	if(line != nil){
		runtext(line);
		exits(getenv("status"));
	}
	fd = 0;
	if(argc > 0)
		fd = open(argv[0], OREAD|OCEXEC);	/* not for the commands */
	else
		atnotify(note, 1);
	if(fd < 0)
		sysfatal("can't open %s: %r", argv[0]);
	Binit(&in, fd, OREAD);
	for(;;){
		if(iflag)
			fprint(2, "%% ");
		line = Brdstr(&in, '\n', 1);
		if(line != nil)
			runtext(line);
		else if(interrupted)
			Binit(&in, fd, OREAD);	/* else the error of reading would last */
		else
			exits(getenv("status"));
		free(line);
		if(interrupted){
			interrupted = 0;
			fprint(2, "\n");
		}
	}
}
