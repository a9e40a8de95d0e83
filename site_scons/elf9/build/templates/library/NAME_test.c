#include <u.h>
#include <libc.h>
#include "@NAME@.h"

static struct
{
	char	*s;
	int	c;
	int	want;
} tests[] = {
	{ "", 'a', 0 },
	{ "abc", 'a', 1 },
	{ "banana", 'a', 3 },
	{ "banana", 'x', 0 },
};

void
main(int argc, char *argv[])
{
	int i, got;

	USED(argc, argv);
	for(i = 0; i < nelem(tests); i++){
		got = @IDENT@_count(tests[i].s, tests[i].c);
		if(got != tests[i].want)
			sysfatal("%s has %d of %c, not %d", tests[i].s, got, tests[i].c, tests[i].want);
	}
	print("ok\n");
	exits(nil);
}
