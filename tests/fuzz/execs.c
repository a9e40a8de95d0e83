/*
 * execs FILE...: executes each in a child, and says how it ended: the error
 * string of exec, or what await says.  A child that runs is killed after a
 * while.
 */
#include <u.h>
#include <libc.h>
#include "../conformance/note.h"

static char *childargv[] = { "child", "one", "two three", nil };

static void
kill(int pid)
{
	char name[32];
	int fd;

	snprint(name, sizeof name, "/proc/%d/ctl", pid);
	fd = open(name, OWRITE);
	write(fd, "kill", 4);
	close(fd);
}

void
main(int argc, char *argv[])
{
	char buf[512], err[ERRMAX];
	int i, n, pid;

	catch(keep);
	for(i = 1; i < argc; i++){
		pid = rfork(RFPROC|RFFDG|RFREND|RFNAMEG|RFNOTEG);
		if(pid == 0){
			exec(argv[i], childargv);
			err[0] = '\0';
			errstr(err, sizeof err);
			print("%s: refused: %s\n", argv[i], err);
			_exits("refused");
		}
		alarm(10);
		while((n = await(buf, sizeof buf-1)) < 0){
			kill(pid);
			alarm(10);
		}
		alarm(0);
		buf[n] = '\0';
		print("%s: %s\n", argv[i], buf);
	}
	exits(nil);
}
