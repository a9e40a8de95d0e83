/*
 * server SEED [OPS]: a 9P2000 file server that cannot be trusted, and several
 * processes that mount it and use its files.
 *
 * The server answers most requests as a good one would, and the rest with
 * anything: changed bytes, another type or tag, too much, too little, twice,
 * late, never.  It ends after OPS answers.  The clients must come back from
 * every call, with the kernel's words.
 */
#include <u.h>
#include <libc.h>
#include "../conformance/note.h"

enum
{
	Tversion = 100,
	Tauth = 102,
	Tattach = 104,
	Rerror = 107,
	Tflush = 108,
	Twalk = 110,
	Topen = 112,
	Tcreate = 114,
	Tread = 116,
	Twrite = 118,
	Tclunk = 120,
	Tremove = 122,
	Tstat = 124,
	Twstat = 126,

	Nbuf = 40000,
};

static uchar in[Nbuf], out[Nbuf], late[Nbuf];
static int nlate;
static uvlong state;
static int ops = 200;

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

static int
onein(uint n)
{
	return below(n) == 0;
}

static uchar*
put(uchar *p, uvlong v, int n)
{
	for(; n > 0; n--, v >>= 8)
		*p++ = v;
	return p;
}

static uvlong
get(uchar *p, int n)
{
	uvlong v;

	for(v = 0; n > 0; n--)
		v = v<<8 | p[n-1];
	return v;
}

static uchar*
putstring(uchar *p, char *s)
{
	int n;

	n = strlen(s);
	p = put(p, n, 2);
	memcpy(p, s, n);
	return p+n;
}

static uchar*
putqid(uchar *p, int dir)
{
	p = put(p, dir ? QTDIR : onein(9) ? rnd() : 0, 1);
	p = put(p, 0, 4);
	return put(p, onein(9) ? rnd() : below(6), 8);
}

static uchar*
putentry(uchar *p)
{
	static char *names[] = { "a", "b", "dir", "", "..", ".", "a/b", "\001", "\377\376", "x y", "loooooooooooooooooooong" };
	uchar *e;
	int dir;

	dir = onein(3);
	e = p;
	p = put(p, 0, 2);
	p = put(p, onein(9) ? rnd() : 0, 2);
	p = put(p, 0, 4);
	p = putqid(p, dir);
	p = put(p, 0644 | (dir ? DMDIR : 0), 4);
	p = put(p, 0, 8);
	p = put(p, onein(5) ? rnd() : 10, 8);
	p = putstring(p, names[below(onein(4) ? nelem(names) : 3)]);
	p = putstring(p, "u");
	p = putstring(p, "g");
	p = putstring(p, onein(9) ? "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm" : "m");
	put(e, onein(20) ? rnd() : (uvlong)(p-e-2), 2);
	return p;
}

/* A good answer to the n bytes in; its size. */
static int
answer(void)
{
	uchar *p, *q;
	int i, n, type;
	uint count;

	type = in[4];
	p = out+7;
	switch(type){
	case Tversion:
		p = put(p, onein(6) ? (uint)rnd() : onein(3) ? below(400) : get(in+7, 4), 4);
		p = putstring(p, onein(15) ? "9P2001" : onein(15) ? "unknown" : "9P2000");
		break;
	case Tauth:
		if(onein(2))
			goto error;
		p = putqid(p, 0);
		break;
	case Tattach:
		p = putqid(p, !onein(10));
		break;
	case Twalk:
		n = get(in+15, 2);
		if(n > 0 && onein(8))
			n = below(n);
		if(onein(30))
			n = below(40);
		p = put(p, n, 2);
		for(i = 0; i < n; i++)
			p = putqid(p, i < n-1 || onein(3));
		break;
	case Topen:
	case Tcreate:
		p = putqid(p, onein(4));
		p = put(p, onein(3) ? rnd() : 0, 4);
		break;
	case Tread:
		count = get(in+19, 4);
		q = p;
		p = put(p, 0, 4);
		if(onein(2)){
			n = onein(3) ? count : below(count+1);
			if(n > Nbuf-100)
				n = Nbuf-100;
			memset(p, 'x', n);
			p += n;
		}else
			for(n = below(5); n > 0; n--)
				p = putentry(p);
		put(q, onein(12) ? rnd() : (uvlong)(p-q-4), 4);
		break;
	case Twrite:
		p = put(p, onein(6) ? rnd() : get(in+19, 4), 4);
		break;
	case Tstat:
		q = p;
		p = putentry(p+2);
		put(q, onein(12) ? rnd() : (uvlong)(p-q-2), 2);
		break;
	case Tflush:
	case Tclunk:
	case Tremove:
	case Twstat:
		break;
	default:
	error:
		type = Rerror-1;
		p = putstring(p, onein(2) ? "file does not exist" : "\001\377an error of no use to anybody, it goes on and on and on and "
			"on and on and on and on and on and on and on and on and on and on and on and on and on and on");
	}
	if(type != Tversion && type != Tattach && type != Rerror-1 && onein(10)){
		p = out+7;
		goto error;
	}
	put(out, p-out, 4);
	out[4] = type+1;
	memcpy(out+5, in+5, 2);
	return p-out;
}

static void
serve(int fd)
{
	int i, n, size;

	for(i = 0; i < ops; i++){
		if(readn(fd, in, 4) != 4)
			break;
		size = get(in, 4);
		if(size < 7 || size > Nbuf || readn(fd, in+4, size-4) != size-4)
			break;
		n = answer();
		if(i > 3)
			switch(below(24)){
			case 0:
				out[below(n)] = rnd();
				break;
			case 1:
				put(out, rnd()>>below(64), 4);
				break;
			case 2:
				n = below(n);
				break;
			case 3:
				put(out+5, onein(2) ? 0xffff : below(5), 2);
				break;
			case 4:
				write(fd, out, n);
				break;
			case 5:
				memcpy(late, out, n);
				nlate = n;
				continue;
			case 6:
				if(onein(4))
					continue;
				break;
			case 7:
				write(fd, out, below(n));
				sleep(below(20));
				break;
			case 8:
				/* in two pieces, as a network might */
				size = below(n);
				write(fd, out, size);
				write(fd, out+size, n-size);
				continue;
			case 9:
				sleep(below(10));
				break;
			}
		write(fd, out, n);
		if(nlate > 0 && onein(2)){
			write(fd, late, nlate);
			nlate = 0;
		}
	}
	_exits(nil);
}

static char*
file(void)
{
	static char *names[] = {
		"/n/a", "/n/b", "/n/dir/a", "/n", "/n/.", "/n/dir/..", "/n/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r", "/srv/s",
		"/n/dir", "/mnt/a", "/mnt", "#|/data", "/n/../n/a", "/n/x y",
	};

	return names[below(nelem(names))];
}

static void
use(int n)
{
	static uchar buf[9000];
	int fd;

	for(; n > 0; n--){
		alarm(30);
		catch(keep);
		fd = 3 + below(12);
		switch(below(16)){
		case 0:
		case 1:
		case 2:
			open(file(), below(4) | (onein(5) ? OTRUNC : 0) | (onein(9) ? ORCLOSE : 0));
			break;
		case 3:
			create(file(), below(3), onein(3) ? DMDIR|0777 : 0666);
			break;
		case 4:
		case 5:
			pread(fd, buf, below(sizeof buf), onein(2) ? -1 : (vlong)below(1000));
			break;
		case 6:
			pwrite(fd, buf, below(sizeof buf), onein(2) ? -1 : (vlong)below(1000));
			break;
		case 7:
			stat(file(), buf, below(300));
			break;
		case 8:
			fstat(fd, buf, below(300));
			break;
		case 9:
			remove(file());
			break;
		case 10:
			n -= onein(9);
			memset(buf, 0xff, 41);
			memset(buf+41, 0, 8);
			put(buf, 47, 2);
			if(onein(2))
				wstat(file(), buf, 49);
			else
				fwstat(fd, buf, 49);
			break;
		case 11:
			close(fd);
			break;
		case 12:
			bind(file(), file(), below(8));
			break;
		case 13:
			chdir(file());
			break;
		case 14:
			if(onein(4))
				unmount(nil, file());
			else
				dup(fd, onein(2) ? -1 : 3 + (int)below(12));
			break;
		case 15:
			if(onein(20) && rfork(RFPROC|RFFDG|RFNAMEG) == 0){
				state += getpid();
				use(n/2);
				_exits(nil);
			}
			if(onein(10)){
				fd = open("/srv/s", ORDWR);
				mount(fd, onein(3) ? fauth(fd, "x") : -1, "/mnt", below(6), onein(2) ? "" : "x");
			}
			break;
		}
	}
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
	char buf[32];
	int i, fd, p[2];

	if(argc > 1)
		state = big(argv[1]);
	if(argc > 2)
		ops = atoi(argv[2]);
	pipe(p);
	catch(keep);
	if(rfork(RFPROC|RFFDG|RFNAMEG|RFNOTEG) == 0){
		close(p[1]);
		serve(p[0]);
	}
	close(p[0]);
	fd = create("/srv/s", OWRITE|(onein(2) ? ORCLOSE : 0), 0666);
	i = snprint(buf, sizeof buf, "%d", p[1]);
	write(fd, buf, i);
	alarm(100);
	if(onein(3))
		fversion(p[1], onein(2) ? 0 : below(70000), buf, onein(2) ? below(40) : sizeof buf);
	mount(dup(p[1], -1), -1, "/n", below(3) | MCREATE, "");
	for(i = 0; i < 2; i++)
		if(rfork(RFPROC|RFFDG|(onein(2) ? RFMEM : 0)) == 0){
			state += i+1;
			use(ops/4);
			_exits(nil);
		}
	use(ops/4);
	if(onein(2))
		close(p[1]);
	for(i = 0; i < 20; i++){
		alarm(500);
		catch(keep);
		if(await(buf, sizeof buf) < 0)
			break;
	}
	exits(nil);
}
