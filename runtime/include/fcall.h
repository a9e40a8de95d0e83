/* 9P messages.  Include u.h and libc.h first. */
#ifndef _FCALL_H_
#define _FCALL_H_

#pragma lib "libc.a"
#pragma src "/sys/src/libc/9sys"

#ifdef __cplusplus
extern "C" {
#endif

#define VERSION9P "9P2000"
#define MAXWELEM 16

/* one message; the comments say which messages have a field */
typedef struct Fcall Fcall;
struct Fcall
{
	uchar	type;
	u32int	fid;
	ushort	tag;
	union
	{
		struct{
			u32int	msize;	/* Tversion Rversion */
			char	*version;
		};
		struct{
			ushort	oldtag;	/* Tflush */
		};
		struct{
			char	*ename;	/* Rerror */
		};
		struct{
			Qid	qid;	/* Rattach Ropen Rcreate */
			u32int	iounit;	/* Ropen Rcreate */
		};
		struct{
			Qid	aqid;	/* Rauth */
		};
		struct{
			u32int	afid;	/* Tauth Tattach */
			char	*uname;
			char	*aname;
		};
		struct{
			u32int	perm;	/* Tcreate */
			char	*name;
			uchar	mode;	/* Tcreate Topen */
		};
		struct{
			u32int	newfid;	/* Twalk */
			ushort	nwname;
			char	*wname[MAXWELEM];
		};
		struct{
			ushort	nwqid;	/* Rwalk */
			Qid	wqid[MAXWELEM];
		};
		struct{
			vlong	offset;	/* Tread Twrite */
			u32int	count;	/* Tread Twrite Rread Rwrite */
			char	*data;	/* Twrite Rread */
		};
		struct{
			ushort	nstat;	/* Twstat Rstat */
			uchar	*stat;
		};
	};
};

/* numbers in a message are little-endian and not aligned */
#define _GBYTE(p, i) (((uchar*)(p))[i])
#define GBIT8(p) (_GBYTE(p, 0))
#define GBIT16(p) (_GBYTE(p, 0) | _GBYTE(p, 1)<<8)
#define GBIT32(p) ((u32int)(_GBYTE(p, 0) | _GBYTE(p, 1)<<8 | _GBYTE(p, 2)<<16 | (u32int)_GBYTE(p, 3)<<24))
#define GBIT64(p) (GBIT32(p) | (uvlong)GBIT32((uchar*)(p)+4)<<32)

#define PBIT8(p, v) do{ (p)[0] = (v); }while(0)
#define PBIT16(p, v) do{ (p)[0] = (v); (p)[1] = (v)>>8; }while(0)
#define PBIT32(p, v) do{ (p)[0] = (v); (p)[1] = (v)>>8; (p)[2] = (v)>>16; (p)[3] = (v)>>24; }while(0)
#define PBIT64(p, v) do{ (p)[0] = (v); (p)[1] = (v)>>8; (p)[2] = (v)>>16; (p)[3] = (v)>>24;\
		(p)[4] = (v)>>32; (p)[5] = (v)>>40; (p)[6] = (v)>>48; (p)[7] = (v)>>56; }while(0)

#define BIT8SZ 1
#define BIT16SZ 2
#define BIT32SZ 4
#define BIT64SZ 8
#define QIDSZ (BIT8SZ+BIT32SZ+BIT64SZ)

/* bytes of a stat entry without those of its strings; the first two count the rest */
#undef STATFIXLEN
#define STATFIXLEN (BIT16SZ+QIDSZ+5*BIT16SZ+4*BIT32SZ+1*BIT64SZ)

#define NOTAG ((ushort)~0U)
#define NOFID ((u32int)~0U)
#define IOHDRSZ 24	/* room for what a Twrite or Rread has before its data */

enum
{
	Tversion = 100,
	Rversion,
	Tauth = 102,
	Rauth,
	Tattach = 104,
	Rattach,
	Terror = 106,	/* nobody sends it */
	Rerror,
	Tflush = 108,
	Rflush,
	Twalk = 110,
	Rwalk,
	Topen = 112,
	Ropen,
	Tcreate = 114,
	Rcreate,
	Tread = 116,
	Rread,
	Twrite = 118,
	Rwrite,
	Tclunk = 120,
	Rclunk,
	Tremove = 122,
	Rremove,
	Tstat = 124,
	Rstat,
	Twstat = 126,
	Rwstat,
	Tmax,
};

extern	uint	convM2S(uchar*, uint, Fcall*);
extern	uint	convS2M(Fcall*, uchar*, uint);
extern	uint	sizeS2M(Fcall*);

extern	int	statcheck(uchar*, uint);
extern	uint	convM2D(uchar*, uint, Dir*, char*);
extern	uint	convD2M(Dir*, uchar*, uint);
extern	uint	sizeD2M(Dir*);

extern	int	fcallfmt(Fmt*);
extern	int	dirfmt(Fmt*);
extern	int	dirmodefmt(Fmt*);

extern	int	read9pmsg(int, void*, uint);

#pragma varargck type "F" Fcall*
#pragma varargck type "M" ulong
#pragma varargck type "D" Dir*

#ifdef __cplusplus
}
#endif

#endif
