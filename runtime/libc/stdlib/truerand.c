#include <u.h>
#include <libc.h>

/* From the kernel's generator; the program ends if there is none. */
ulong
truerand(void)
{
	ulong n;
	int fd;

	fd = open("/dev/random", OREAD|OCEXEC);
	if(fd < 0)
		sysfatal("can't open /dev/random");
	if(read(fd, &n, sizeof n) != sizeof n)
		sysfatal("can't read /dev/random");
	close(fd);
	return n;
}

/* 0 to n-1, each as often. */
ulong
ntruerand(ulong n)
{
	uvlong all;
	ulong v;

	all = (1ULL<<32) - (1ULL<<32)%n;
	do
		v = truerand();
	while(v >= all);
	return v % n;
}
