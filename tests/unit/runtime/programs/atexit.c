#include <u.h>
#include <libc.h>

static void
late(void)
{
	print("late\n");
}

static void
first(void)
{
	print("first\n");
	atexit(late);
}

static void
second(void)
{
	print("second\n");
}

static void
never(void)
{
	print("never\n");
}

void
main(void)
{
	int i;

	print("%d %d\n", atexit(first), atexit(never));
	atexit(second);
	atexitdont(never);
	for(i = 2; atexit(never); i++)
		;
	print("%d\n", i);
	atexitdont(never);
	exits("done");
}
