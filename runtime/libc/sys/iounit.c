#include <u.h>
#include <libc.h>
#include <elf9.h>

/* The largest transfer that is one message: the eighth field of what /fd/nctl says, 0 if it is not known. */
int
iounit(int fd)
{
	char buf[128], *field[10];

	snprint(buf, sizeof buf, "/fd/%dctl", fd);
	if(_slurp(buf, buf, sizeof buf) <= 0 || tokenize(buf, field, nelem(field)) != nelem(field))
		return 0;
	return atoi(field[7]);
}
