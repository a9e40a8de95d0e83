#include <u.h>
#include <libc.h>
#include <bio.h>

/*
 * What a note handler of a program with doubles may do: this file is built
 * without float=True, and the library's own code touches no register for
 * doubles on its way.
 */
volatile int	handled;
char	handledtext[128];
char	biotext[128];
static char	berror[ERRMAX];

static void
complain(char *text)
{
	strecpy(berror, berror+sizeof berror, text);
}

/* what else takes a format, or any number of arguments */
static void
others(void)
{
	Biobuf b;
	int fd[2], n;

	if(pipe(fd) < 0)
		return;
	Binit(&b, fd[0], OWRITE);
	Blethal(&b, complain);
	Bprint(&b, "%d %s %c", 7, "x", 'y');
	Berror(&b, "bad %q %d", "a b", 3);
	Bterm(&b);
	n = read(fd[1], biotext, sizeof biotext - 1);
	snprint(biotext+n, sizeof biotext - n, "|%s", berror);
	close(fd[0]);
	close(fd[1]);
	procsetname("%s %d", "handler", 7);
	if(execl("/no/such/file", "file", "a", "b", nil) >= 0)
		strcpy(biotext, "executed");
}

int
handler(void *ureg, char *note)
{
	char *s, buf[64];
	int i;
	Fmt f;
	Rune r[32];

	USED(ureg);
	if(strncmp(note, "alarm", 5) != 0)
		return 0;
	snprint(handledtext, sizeof handledtext, "%-8s|%5d|%#llux|%C|%,d|%08x", note, 42, (uvlong)0xABCDEF, 0x3b1, 1234567, 0xfe);
	seprint(buf, buf+sizeof buf, "%s %.3s %p", "abc", "abcdef", buf);
	sprint(buf, "%d", handled);
	runesnprint(r, nelem(r), "%s", "αβγ");
	fmtfdinit(&f, 1, buf, sizeof buf);
	fmtprint(&f, "# in a handler: %d\n", 7);
	fmtfdflush(&f);
	fprint(1, "# and so: %s\n", "on");
	print("# print too\n");
	werrstr("error %d", 5);
	i = strlen(note) + strcmp(note, "x") + utflen("αβγ") + atoi("17");
	s = strchr(note, 'm');
	memset(buf, i, sizeof buf);
	memmove(buf+3, buf, 20);
	USED(s);
	others();
	handled++;
	return 1;
}
