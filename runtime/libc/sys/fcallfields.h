/* The fields of a 9P message in their order, a letter each: see fcallfields.c. */
enum
{
	F8,
	F16,
	F32,
	F64,
	Fstring,
	Fqid,
	Fnames,	/* nwname, names */
	Fqids,	/* nwqid, qids */
	Fdata,	/* count, data */
	Fstat,	/* nstat, stat */
};

typedef struct Field Field;
struct Field
{
	uchar	kind;
	uchar	at;	/* in Fcall */
};

#define FIELD(c) (&_fcallfield[(c) - 'a'])
#define AT(f, field, type) ((type*)((uchar*)(f) + (field)->at))

extern	Field	_fcallfield[];
extern	char*	_fcallfields(int);
