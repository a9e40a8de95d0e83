#include <u.h>
#include <libc.h>

enum
{
	Finished = 20,	/* a message of TLS's handshake */
	Bodylen = 12,
};

/* Both sides tell each other that they are ready. */
static int
handshake(int hand, int client)
{
	static char *who[] = {"client finished", "server finished"};
	uchar mine[4+Bodylen], theirs[4+Bodylen];
	int i;

	mine[0] = Finished;
	mine[1] = Bodylen>>16;
	mine[2] = Bodylen>>8;
	mine[3] = Bodylen;
	for(i = 0; i < 2; i++){
		memmove(mine+4, who[i], Bodylen);
		if((i == 0) == (client != 0)){
			if(write(hand, mine, sizeof mine) != sizeof mine)
				return -1;
		}else if(readn(hand, theirs, sizeof theirs) != sizeof theirs || memcmp(mine, theirs, sizeof mine) != 0)
			return -1;
	}
	return 0;
}

/* fd, enciphered by the kernel's TLS with a secret that both sides have: a descriptor in its stead. */
int
pushtls(int fd, char *hash, char *cipher, int client, char *secret, char *dir)
{
	char number[8], file[32];
	int ctl, data, hand, n, good;

	ctl = open("/net/tls/clone", ORDWR|OCEXEC);
	if(ctl < 0)
		return -1;
	data = hand = -1;
	good = 0;
	n = read(ctl, number, sizeof number-1);
	if(n >= 0){
		number[n] = '\0';
		if(dir != nil)
			sprint(dir, "/net/tls/%s", number);
		snprint(file, sizeof file, "/net/tls/%s/data", number);
		data = open(file, ORDWR);
		snprint(file, sizeof file, "/net/tls/%s/hand", number);
		hand = data < 0 ? -1 : open(file, ORDWR|OCEXEC);
		good = hand >= 0
			&& fprint(ctl, "fd %d 0x301", fd) >= 0
			&& fprint(ctl, "version 0x301") >= 0
			&& fprint(ctl, "secret %s %s %d %s", hash, cipher, client, secret) >= 0
			&& fprint(ctl, "changecipher") >= 0
			&& handshake(hand, client) >= 0
			&& fprint(ctl, "opened") >= 0;
	}
	close(ctl);
	if(hand >= 0)
		close(hand);
	if(good){
		close(fd);
		return data;
	}
	if(data >= 0)
		close(data);
	return -1;
}
