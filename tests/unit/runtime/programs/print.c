#include <u.h>
#include <libc.h>

void
main(int argc, char *argv[])
{
	char buf[32];
	int n;

	print("%d %d %ud %x %ux %o %b\n", 0, -2147483647-1, 4294967295u, 255, -1, 8, 5);
	print("%lld %llux %llud\n", -((vlong)1<<62), ~(uvlong)0, ~(uvlong)0);
	print("[%5d] [%-5d] [%05d] [%*d] [%*d]\n", 42, 42, -42, 4, 7, -4, 7);
	print("%#x %#ux %#p %p\n", -1, 255u, (void*)0x1234, nil);
	print("%s [%6s] [%-6s] %s %c%c %%\n", "word", "ab", "ab", (char*)nil, 'x', 'y');
	print("%hd %hhd %hud %hhux %ld %lud %zd\n", 0x18000, 0x180, 0x18000, 0x1ff, -5, 5u, (vlong)-6);
	werrstr("an %s", "error");
	print("%r|%r\n");
	print("%y|%d\n", 3);
	n = snprint(buf, 6, "%s", "truncated");
	print("%d %s\n", n, buf);
	n = snprint(buf, 0, "x");
	print("%d %d\n", n, print(""));
	fprint(2, "%s\n", argv[argc-1]);
	for(n = 0; n < 60; n++)
		print("%d,", n*n*n*n);
	print("\n%d\n", fprint(7, "nowhere"));
	exits("a status");
}
