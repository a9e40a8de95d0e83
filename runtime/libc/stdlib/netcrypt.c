#include <u.h>
#include <libc.h>

/* The answer to a challenge of at most seven letters, in its place: eight digits. */
int
netcrypt(void *key, void *challenge)
{
	uchar buf[8];
	char *p;

	strncpy((char*)buf, challenge, 7);
	buf[7] = '\0';
	p = strchr((char*)buf, '\n');
	if(p != nil)
		*p = '\0';
	encrypt(key, buf, sizeof buf);
	sprint(challenge, "%.2ux%.2ux%.2ux%.2ux", buf[0], buf[1], buf[2], buf[3]);
	return 1;
}
