/*
 * code SEED [CHILDREN]: children that execute random bytes, several at once.
 *
 * Each fills a page with bytes of any kind, or with what resembles
 * instructions, makes it executable and jumps there.  What does not die is
 * killed.
 */
#include <u.h>
#include <libc.h>
#include "../conformance/note.h"

enum
{
	Ncode = 4096,
	Nmax = 64,
};

static uchar code[Ncode+64] __attribute__((aligned(4096))) = { 1 };
static uvlong state;
static int pids[Nmax];

static uvlong
rnd(void)
{
	uvlong z;

	z = (state += 0x9e3779b97f4a7c15);
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z>>27) * 0x94d049bb133111eb;
	return z ^ z>>31;
}

static uint
below(uint n)
{
	return rnd()%n;
}

#ifdef __x86_64__

static void
make(void)
{
	static char *prefixes[] = { "\x66", "\xf2", "\x48", "\x41", "\x64", "\x67", "", "", "", "" };
	static char *escapes[] = { "\x0f", "\x0f", "\x0f\x38", "\x0f\x3a", "", "", "", "\xc5", "\xc4", "\x0f\xae", "\x0f\xc7", "\xeb", "\x75" };
	char *s;
	int i, j, n;

	for(i = 0; i < Ncode; ){
		for(s = prefixes[below(nelem(prefixes))]; *s != '\0'; )
			code[i++] = *s++;
		for(s = escapes[below(nelem(escapes))]; *s != '\0'; )
			code[i++] = *s++;
		n = 1 + below(6);
		for(j = 0; j < n; j++)
			code[i++] = rnd();
	}
	/* the engine ends its process at LOCK before some instructions, and forbids some prefixes together */
	for(i = 0; i < Ncode; i++)
		if(code[i] == 0xf0 || code[i] == 0xf3 || code[i] == 0xcd)
			code[i] = 0x90;
}

#else

static void
make(void)
{
	uint w, *p;

	for(p = (uint*)code; (uchar*)p < code+Ncode; p++){
		w = rnd();
		switch(below(8)){
		case 0:
		case 1:
			w = 0xd5000000 | (w & 0x3fffff);
			break;
		case 2:
			w = 0x08000000 | (w & 0xc0ffffff);
			break;
		case 3:
			w = 0x1e000000 | (w & 0xe1ffffff);
			break;
		case 4:
			/* a branch that is near */
			w = 0x14000000 | (w & 0x3f);
			break;
		}
		*p = w;
	}
}

#endif

static int
onanote(Ureg *u, char *s)
{
	USED(s);
	u->pc += 4;
	return below(8) == 0 ? NDFLT : NCONT;
}

static void
child(void)
{
	void (*f)(void);

	make();
	segflush(code, sizeof code);
	if(below(2) == 0)
		catch(onanote);
	f = (void(*)(void))(code + (below(64)&~3));
	f();
	_exits("came back");
}

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

static uvlong
big(char *s)
{
	uvlong n;

	for(n = 0; *s >= '0' && *s <= '9'; s++)
		n = n*10 + *s - '0';
	return n;
}

void
main(int argc, char *argv[])
{
	char buf[512];
	int i, n, children;

	if(argc > 1)
		state = big(argv[1]);
	children = argc > 2 ? atoi(argv[2]) : 8;
	if(children > Nmax)
		children = Nmax;
	for(i = 0; i < children; i++){
		state += 12345;
		pids[i] = rfork(RFPROC|RFFDG|RFREND|RFNAMEG|RFENVG|RFNOTEG|(i%4 == 3 ? RFMEM : 0));
		if(pids[i] == 0)
			child();
	}
	catch(keep);
	for(n = 0; n < children; n++){
		alarm(50);
		if(await(buf, sizeof buf) < 0)
			for(i = 0; i < children; i++)
				kill(pids[i]);
	}
	exits(nil);
}
