/* Buffered input and output.  Include u.h and libc.h first. */
#ifndef _BIO_H_
#define _BIO_H_

#pragma lib "libbio.a"
#pragma src "/sys/src/libbio"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Biobuf Biobuf;
typedef struct Biobufhdr Biobufhdr;

enum
{
	Bsize = IOUNIT,
	Bungetsize = UTFmax+1,	/* room to unget a rune after a flush */
	Bmagic = 0x314159,
	Beof = -1,
	Bbad = -2,

	/* state */
	Binactive = 0,
	Bractive,
	Bwactive,
	Bracteof,
};

struct Biobufhdr
{
	int	icount;	/* -bytes left to read before ebuf */
	int	ocount;	/* -bytes of room left to write */
	int	rdline;	/* bytes of the last Brdline */
	int	runesize;	/* bytes of the last Bgetrune */
	int	state;
	int	fid;
	int	flag;	/* Bmagic: Bterm frees it */
	vlong	offset;	/* of the buffer in the file */
	int	bsize;
	uchar*	bbuf;	/* first byte of the buffer, first behind it */
	uchar*	ebuf;
	uchar*	gbuf;	/* first byte that was read */
	void	(*errorf)(char*);
	int	(*iof)(Biobufhdr*, void*, long);
	void	*aux;	/* the program's */
};

#ifdef __cplusplus
struct Biobuf: Biobufhdr
{
#else
struct Biobuf
{
	Biobufhdr;
#endif
	uchar	b[Bungetsize+Bsize];
};

/* macros once */
#define BGETC(b) Bgetc(b)
#define BPUTC(b, c) Bputc(b, c)
#define BOFFSET(b) Boffset(b)
#define BLINELEN(b) Blinelen(b)
#define BFILDES(b) Bfildes(b)

extern	int	Bbuffered(Biobufhdr*);
extern	int	Bfildes(Biobufhdr*);
extern	int	Bflush(Biobufhdr*);
extern	int	Bgetc(Biobufhdr*);
extern	int	Bgetd(Biobufhdr*, double*);
extern	long	Bgetrune(Biobufhdr*);
extern	int	Binit(Biobuf*, int, int);
extern	int	Binits(Biobufhdr*, int, int, uchar*, int);
extern	int	Blinelen(Biobufhdr*);
extern	vlong	Boffset(Biobufhdr*);
extern	Biobuf*	Bopen(char*, int);
extern	Biobuf*	Bfdopen(int, int);
extern	int	Bprint(Biobufhdr*, char*, ...);
extern	int	Bvprint(Biobufhdr*, char*, va_list);
extern	int	Bputc(Biobufhdr*, int);
extern	int	Bputrune(Biobufhdr*, long);
extern	void*	Brdline(Biobufhdr*, int);
extern	char*	Brdstr(Biobufhdr*, int, int);
extern	long	Bread(Biobufhdr*, void*, long);
extern	vlong	Bseek(Biobufhdr*, vlong, int);
extern	int	Bterm(Biobufhdr*);
extern	int	Bungetc(Biobufhdr*);
extern	int	Bungetrune(Biobufhdr*);
extern	long	Bwrite(Biobufhdr*, void*, long);
extern	void	Blethal(Biobufhdr*, void(*)(char*));
extern	void	Berror(Biobufhdr*, char*, ...);
extern	void	Biofn(Biobufhdr*, int(*)(Biobufhdr*, void*, long));

/* as long as the buffer lasts no function is called */
extern	int	_Bgetc(Biobufhdr*) __asm__("Bgetc");
extern	long	_Bgetrune(Biobufhdr*) __asm__("Bgetrune");
extern	int	_Bputc(Biobufhdr*, int) __asm__("Bputc");

extern inline __attribute__((gnu_inline)) int
Bgetc(Biobufhdr *b)
{
	return b->icount != 0 ? b->ebuf[b->icount++] : _Bgetc(b);
}

extern inline __attribute__((gnu_inline)) long
Bgetrune(Biobufhdr *b)
{
	if(b->icount == 0 || b->ebuf[b->icount] >= Runeself)
		return _Bgetrune(b);
	b->runesize = 1;
	return b->ebuf[b->icount++];
}

extern inline __attribute__((gnu_inline)) int
Bputc(Biobufhdr *b, int c)
{
	if(b->ocount == 0)
		return _Bputc(b, c);
	b->ebuf[b->ocount++] = c;
	return 0;
}

#pragma varargck argpos Bprint 2
#pragma varargck argpos Berror 2

#ifdef __cplusplus
}
#endif

#endif
