#include <u.h>
#include <libc.h>
#include <bio.h>

static void
die(char *s)
{
	sysfatal("%s", s);
}

/* From now on f is called when reading or writing fails; nil ends the program. */
void
Blethal(Biobufhdr *b, void (*f)(char*))
{
	b->errorf = f != nil ? f : die;
}
