#include <u.h>
#include <libc.h>
#include <elf9.h>

/* Posts to a process, or to its group without the caller. */
int
postnote(int who, int pid, char *note)
{
	char file[32];

	switch(who){
	case PNPROC:
		snprint(file, sizeof file, "/proc/%ud/note", pid);
		break;
	case PNGROUP:
		snprint(file, sizeof file, "/proc/%ud/notepg", pid);
		break;
	default:
		return -1;
	}
	return _scribble(file, note, strlen(note));
}
