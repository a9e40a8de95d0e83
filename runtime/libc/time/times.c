#include <u.h>
#include <libc.h>
#include <elf9.h>

/* ms of real time; t gets those that this process and its dead children spent: user, system, user, system. */
long
times(long *t)
{
	char buf[200], *p;
	long v[5];
	int i;

	memset(v, 0, sizeof v);
	_slurp("/dev/cputime", buf, sizeof buf);
	p = buf;
	for(i = 0; i < nelem(v); i++)
		v[i] = strtol(p, &p, 10);
	if(t != nil){
		t[0] = v[0];
		t[1] = v[1];
		t[2] = v[3];
		t[3] = v[4];
	}
	return v[2];
}
