#include "bench.h"

/* What it costs to make processes, to switch between them, to talk. */
const char *const name = "processes";

enum { Piece = 64<<10, Page = 4096, Mega = 1<<20 };

static char buffer[Piece];

/* Is s the word w? */
static int
is(const char *s, const char *w)
{
	for(; *s == *w; s++, w++)
		if(*s == 0)
			return 1;
	return 0;
}

/* n times a byte to a child and back. */
static uint64_t
echo(uint32_t n)
{
	int32_t to[2], back[2];
	uint64_t sum;
	uint32_t i;
	char c;

	onecpu();
	if(callpipe(to) < 0 || callpipe(back) < 0)
		return 0;
	if(callfork() == 0){
		callclose(to[1]);
		callclose(back[0]);
		while(callread(to[0], &c, 1) == 1)
			callwrite(back[1], &c, 1);
		callexit();
	}
	callclose(to[0]);
	callclose(back[1]);
	sum = 0;
	for(i = 0; i < n; i++){
		c = 1;
		callwrite(to[1], &c, 1);
		if(callread(back[0], &c, 1) == 1)
			sum += (uint64_t)c;
	}
	callclose(to[1]);
	callwait();
	return sum;
}

/* n children, one after the other, which run the program in the operands. */
static uint64_t
spawn(uint32_t n)
{
	uint64_t sum;
	uint32_t i;

	sum = 0;
	for(i = 0; i < n; i++){
		if(callfork() == 0){
			callexec(operands);
			callwrite(2, "no exec\n", 8);
			callexit();
		}
		sum += callwait() >= 0;
	}
	return sum;
}

/* n children, one after the other, of a process with memory, as much as `touched` in use. */
static uint64_t
fork(uint32_t n, uint64_t memory, uint64_t touched)
{
	uint64_t sum, at;
	uint32_t i;
	volatile char *start;

	start = NULL;
	if(memory != 0 && (start = callmemory(memory)) == NULL)
		return 0;
	for(at = 0; at < touched; at += Page)
		start[at] = 1;
	sum = 0;
	for(i = 0; i < n; i++){
		if(callfork() == 0)
			callexit();
		sum += callwait() >= 0;
	}
	return sum;
}

/* The bytes in the file that is the operand, n times. */
static uint64_t
file(uint32_t n)
{
	uint64_t sum;
	int64_t got;
	uint32_t i;
	int32_t fd;

	sum = 0;
	for(i = 0; i < n; i++){
		fd = (int32_t)callopen(operands[0]);
		while((got = callread(fd, buffer, Piece)) > 0)
			sum += (uint64_t)got;
		callclose(fd);
	}
	return sum;
}

/* n children at once, each in a read that waits; with `hold` until standard input ends. */
static uint64_t
many(uint32_t n, int hold)
{
	int32_t ready[2], end[2];
	uint64_t sum;
	uint32_t i;
	char c;

	if(callpipe(ready) < 0 || callpipe(end) < 0)
		return 0;
	for(i = 0; i < n; i++)
		if(callfork() == 0){
			callclose(end[1]);
			callwrite(ready[1], "", 1);
			callread(end[0], &c, 1);
			callexit();
		}
	sum = 0;
	for(i = 0; i < n; i++)
		if(callread(ready[0], &c, 1) == 1)
			sum++;
	if(hold){
		emit("alive\n", 6);
		while(callread(0, &c, 1) > 0)
			;
	}
	callclose(end[1]);
	while(callwait() >= 0)
		;
	return sum;
}

uint64_t
run(uint32_t n, const char *what)
{
	if(is(what, "pipe"))
		return echo(n);
	if(is(what, "switch")){
		onecpu();
		return alternate(n);
	}
	if(is(what, "spawn"))
		return spawn(n);
	if(is(what, "fork"))
		return fork(n, 0, 0);
	if(is(what, "fork4"))
		return fork(n, 4*Mega, 4*Mega);
	if(is(what, "fork64"))
		return fork(n, 64*Mega, 64*Mega);
	if(is(what, "forkmapped"))
		return fork(n, 1024*(uint64_t)Mega, 0);
	if(is(what, "file"))
		return file(n);
	if(is(what, "many"))
		return many(n, 0);
	if(is(what, "hold"))
		return many(n, 1);
	return 0;
}
