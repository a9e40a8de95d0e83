#include <u.h>
#include <libc.h>

/*
 * Names of functions, from the symbols of the program's own file.  Programs here
 * are a.out files, as all of Plan 9's, or ELF, for kernels that know it too.
 */
typedef struct Elf Elf;
struct Elf
{
	uchar	ident[16];
	uchar	skip[24];
	uvlong	shoff;	/* where its sections are told */
	uchar	more[12];
	ushort	shnum;
};

typedef struct Section Section;
struct Section
{
	uint	name;
	uint	type;
	uvlong	flags;
	uvlong	addr;
	uvlong	offset;
	uvlong	size;
	uint	link;	/* of symbols: the section of their names */
	uint	info;
	uvlong	align;
	uvlong	entsize;
};

typedef struct Symbol Symbol;
struct Symbol
{
	uint	name;
	uchar	info;
	uchar	other;
	ushort	section;
	uvlong	value;
	uvlong	size;
};

enum
{
	Symtab = 2,	/* type of a section */
	Func = 2,	/* kind of symbol */
	Header = 40,	/* bytes of an a.out's */
};

static char*
elfname(char *file, uintptr pc)
{
	Section *all, *s;
	Symbol *y;

	all = (Section*)(file + ((Elf*)file)->shoff);
	for(s = all; s < all + ((Elf*)file)->shnum; s++)
		if(s->type == Symtab)
			for(y = (Symbol*)(file+s->offset); (char*)y < file+s->offset+s->size; y++)
				if((y->info & 15) == Func && y->value == pc)
					return file + all[s->link].offset + y->name;
	return nil;
}

/* Numbers of an a.out are big-endian on every machine. */
static uvlong
get(char *p, int n)
{
	uvlong v;

	for(v = 0; n > 0; n--)
		v = v<<8 | (uchar)*p++;
	return v;
}

/* Behind text and data: value, kind of symbol (t is static) and name, one after the other. */
static char*
aoutname(char *file, uintptr pc)
{
	char *p, *end;

	p = file + Header + get(file+4, 4) + get(file+8, 4);
	for(end = p + get(file+16, 4); p < end; p += 9 + strlen(p+9) + 1)
		if(get(p, 8) == pc && tolower(p[8] & 0x7F) == 't')
			return p+9;
	return nil;
}

/* The function that begins at pc. */
char*
funcname(uintptr pc)
{
	static char *file;
	char buf[32], *name;
	int fd;
	Dir *d;

	if(file == nil){
		snprint(buf, sizeof buf, "/proc/%d/text", getpid());
		fd = open(buf, OREAD);
		d = dirfstat(fd);
		if(d == nil || (file = malloc(d->length)) == nil || readn(fd, file, d->length) != d->length)
			sysfatal("can't read %s: %r", buf);
		free(d);
		close(fd);
	}
	name = memcmp(file, "\177ELF", 4) == 0 ? elfname(file, pc) : aoutname(file, pc);
	if(name == nil)
		return smprint("%#p", (void*)pc);
	return strcmp(name, "p9main") == 0 ? "main" : name;	/* as libc.h calls it */
}
