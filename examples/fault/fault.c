#include <u.h>
#include <libc.h>

typedef struct Word Word;
struct Word
{
	char	*text;
	Word	*next;
};

static Word*
cons(char *text, Word *next)
{
	Word *w;

	w = malloc(sizeof *w);
	if(w == nil)
		sysfatal("no memory: %r");
	w->text = text;
	w->next = next;
	return w;
}

/* Forgets that a list ends. */
static void
show(Word *w)
{
	for(;; w = w->next)
		print("%s\n", w->text);
}

/*
 * Prints its arguments from a list and dies of the nil pointer at its end:
 * the kernel says on fd 2 what happened and where.
 */
void
main(int argc, char *argv[])
{
	Word *list;

	list = nil;
	while(--argc > 0)
		list = cons(argv[argc], list);
	show(list);
	exits(nil);
}
