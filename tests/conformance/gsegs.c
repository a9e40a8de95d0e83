#include <u.h>
#include <libc.h>
#include "tap.h"
#include "child.h"

/* Global segments; facts/devices.md §10, observed-devices.md B (#g), syscalls.md §5 (segattach). */
static char	badarg[] = "bad arg in system call";
static char	badctl[] = "bad process or channel control request";
static char	notyet[] = "segment not yet allocated";
static char	overlap[] = "segments overlap";
static char	perm[] = "permission denied";

enum
{
	Page = 4096,
	Base = 0x40000000,
	Fixed = 49,	/* an entry with empty strings */
};

static char	seg[] = "#g/conf.seg";
static char	ctl[] = "#g/conf.seg/ctl";
static char	data[] = "#g/conf.seg/data";
static uchar	entry[512];
static char	*mem = (char*)Base;

static vlong
attach(char *name)
{
	return (vlong)segattach(0, name, nil, 0);
}

static int
make(char *name)
{
	int fd;

	fd = create(name, OREAD, DMDIR|0777);
	if(fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
control(char *s)
{
	int fd, n;

	fd = open(ctl, OWRITE);
	n = write(fd, s, strlen(s));
	close(fd);
	return n;
}

static char*
contents(char *name)
{
	static char text[101];
	int fd, n;

	fd = open(name, OREAD);
	n = read(fd, text, 100);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static u32int
mode(char *name)
{
	memset(entry, 0, sizeof entry);
	if(stat(name, entry, sizeof entry) < Fixed)
		return 1;
	return *(u32int*)(entry+21);
}

/* wstat of the mode only. */
static int
chmod(char *name, u32int mode)
{
	uchar e[Fixed];

	memset(e, 0xff, sizeof e);
	e[0] = Fixed-2;
	e[1] = 0;
	memcpy(e+21, &mode, 4);
	memset(e+41, 0, 8);
	return wstat(name, e, sizeof e);
}

static void
making(void)
{
	int fd;

	ok(make(seg), "create a directory");
	is(mode(seg), DMDIR|0555, "its mode");
	is(entry[2], 'g', "its type");
	is(mode(ctl), 0660, "the mode of ctl");
	is(mode(data), 0660, "and of data");
	fails(create(seg, OREAD|OEXCL, DMDIR|0777), "file already exists: '#g/conf.seg'", "create it again");
	fails(create("#g/conf.file", OREAD, 0666), "bad arg in system call: '#g/conf.file'", "create a file");
	fails(create("#g/shared", OREAD, DMDIR|0777), "name collision with physical segment: '#g/shared'", "a class of segattach");
	fails(create("#g/memory", OREAD, DMDIR|0777), "name collision with physical segment: '#g/memory'", "the other one");
	fails(create("#g/conf.seg/x", OREAD, DMDIR|0777), "permission denied: '#g/conf.seg/x'", "something in it");
	fails(open(seg, OWRITE), "file is a directory: '#g/conf.seg'", "open it for writing");
	fails(open(data, OREAD), "segment not yet allocated: '#g/conf.seg/data'", "data before it has an address");
	fails(attach("conf.seg"), "global segment not assigned a virtual address", "attaching, too");
	fd = open(ctl, ORDWR);
	ok(fd >= 0, "but ctl can be opened");
	fails(read(fd, entry, 9), notyet, "not read");
	fails(write(fd, "", 0), badctl, "nothing written to ctl");
	fails(write(fd, "junk", 4), badctl, "junk");
	fails(write(fd, "va", 2), badarg, "no address");
	fails(write(fd, "va 0x40000000", 13), badarg, "no length");
	fails(write(fd, "va 0 4096", 9), badarg, "address 0");
	fails(write(fd, "va 4096 0", 9), badarg, "length 0");
	fails(write(fd, "va -4096 1", 10), badarg, "an address beyond all");
	is(write(fd, "va 0x40000010 8000\n", 19), 19, "an address and a length");
	fails(write(fd, "va 0x50000000 4096", 18), "already has a virtual address", "another one");
	close(fd);
	same(contents(ctl), "va 0x40000000 0x2000\n", "both are rounded to pages");
	mode(data);
	is(*(vlong*)(entry+33), 2*Page, "and are the length of data");
}

static void
inchild(void)
{
	if(attach("conf.seg") != Base)
		_exits("cannot be attached");
	if(strcmp(mem+Page, "parent") != 0)
		_exits("what the parent wrote is not there");
	strcpy(mem+Page, "child");
	semrelease((long*)(mem+8), 1);
}

static void
inherited(void)
{
	strcpy(mem+Page, "grandchild");
}

static void
using(void)
{
	int fd, pid;

	fd = open(data, ORDWR);
	ok(fd >= 0, "open data");
	is(write(fd, "hi mom", 6), 6, "write it");
	is(attach("conf.seg"), Base, "attach the segment");
	ok(memcmp(mem, "hi mom", 6) == 0, "it has what was written");
	ok(mem[6] == 0 && mem[2*Page-1] == 0, "and else zeros");
	fails(attach("conf.seg"), overlap, "attach it again");
	fails((vlong)segattach(0, "shared", (void*)(Base+Page), Page), overlap, "or something there");
	strcpy(mem+2*Page-4, "end");
	is(pread(fd, entry, 100, 2*Page-4), 4, "data reads what is in memory");
	ok(memcmp(entry, "end", 4) == 0, "as it is");
	is(pread(fd, entry, 100, 2*Page), 0, "behind the end there is nothing");
	is(pread(fd, entry, 100, (vlong)1<<40), 0, "and far behind");
	fails(pwrite(fd, "abc", 3, 2*Page-2), badarg, "no write over the end");
	fails(pwrite(fd, "", 0, 2*Page), badarg, "nor of nothing at it");
	close(fd);

	strcpy(mem+Page, "parent");
	is(segdetach(mem), 0, "detach it");
	fine(RFPROC|RFFDG|RFREND, inchild, "a child that attaches it finds the same memory");
	is((vlong)segattach(0, "conf.seg", (void*)0x50000000, 1), Base, "address and length given are ignored");
	same(mem+Page, "child", "what the child wrote is there");
	is(semacquire((long*)(mem+8), 0), 1, "and what it released");
	fine(RFPROC, inherited, "a child that inherits it");
	same(mem+Page, "grandchild", "shares it, too");
	pid = start(RFPROC, inherited);
	waitchild(pid);
	is(segbrk(mem, mem+Page) == (void*)-1, 1, "it does not shrink while others have it");
	is(segfree(mem+Page, Page), 0, "segfree");
	is(mem[Page], 0, "makes zeros of it");
}

/* As the user none. */
static void
nobody(void)
{
	int fd;

	fd = open("/dev/user", OWRITE);
	if(fd < 0 || write(fd, "none", 4) != 4)
		_exits("cannot become none");
	close(fd);
	segdetach(mem);
	if(attach("conf.seg") != -1 || strcmp(error(), perm) != 0)
		_exits("none attaches another's segment");
	if(open(data, OREAD) >= 0 || strcmp(error(), "permission denied: '#g/conf.seg/data'") != 0)
		_exits("none opens another's segment");
	if(chmod(ctl, 0666) >= 0 || strcmp(error(), perm) != 0)
		_exits("none may change another's segment");
}

static void
somebody(void)
{
	int fd;

	fd = open("/dev/user", OWRITE);
	write(fd, "none", 4);
	close(fd);
	segdetach(mem);
	if(attach("conf.seg") != Base)
		_exits("cannot be attached");
}

static void
ending(void)
{
	int fd;

	fine(RFPROC|RFFDG|RFREND, nobody, "another user may not");
	is(chmod(ctl, 0666), Fixed, "wstat of ctl");
	is(mode(data), 0666, "changes the mode of both");
	fine(RFPROC|RFFDG|RFREND, somebody, "another user may attach what all may read and write");
	fails(chmod(seg, 0700), perm, "wstat of the directory");
	fails(remove(ctl), perm, "remove ctl");
	fails(remove(data), perm, "remove data");
	fails(remove("#g"), perm, "remove #g");
	fd = open(data, OREAD);
	strcpy(mem, "kept");
	is(remove(seg), 0, "remove the directory");
	fails(open(ctl, OREAD), "file does not exist: '#g/conf.seg'", "it is gone");
	same(mem, "kept", "but the memory is there as long as it is attached");
	is(read(fd, entry, 4), 4, "and an open data reads it");
	fails(fstat(fd, entry, sizeof entry), "global segment disappeared", "but has no entry");
	close(fd);
	is(segdetach(mem), 0, "detach it");
	fails((vlong)segattach(0, "conf.seg", nil, Page), badarg, "nobody can attach it any more");
	ok(make(seg), "the name is free again");
	is(control("va 0x40000000 4096"), 18, "with another memory");
	is(attach("conf.seg"), Base, "attached");
	is(mem[0], 0, "it is empty");
	segdetach(mem);
	remove(seg);
	fd = create(seg, OREAD|ORCLOSE, DMDIR|0777);
	ok(mode(ctl) == 0660, "one to be removed when it is closed");
	close(fd);
	fails(stat(seg, entry, sizeof entry), "file does not exist: '#g/conf.seg'", "is");
}

void
main(int argc, char *argv[])
{
	USED(argc);
	sharing(argv[0]);
	making();
	using();
	ending();
	done();
}
