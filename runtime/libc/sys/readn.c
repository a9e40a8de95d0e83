#include <u.h>
#include <libc.h>

/* Reads n bytes unless the file ends before that; -1 if nothing could be read. */
long
readn(int fd, void *buf, long n)
{
	char *p;
	long m, done;

	p = buf;
	for(done = 0; done < n; done += m){
		m = read(fd, p+done, n-done);
		if(m <= 0){
			if(done == 0)
				return m;
			break;
		}
	}
	return done;
}
