/* A set of bytes; not for programs. */
typedef struct Byteset Byteset;
struct Byteset
{
	uvlong	bits[4];
};
#define HAS(set, c) ((set)->bits[(uchar)(c)/64] >> ((uchar)(c)%64) & 1)

/* The bytes of a string, without its NUL. */
static inline void
byteset(Byteset *set, char *s)
{
	set->bits[0] = set->bits[1] = set->bits[2] = set->bits[3] = 0;
	for(; *s != '\0'; s++)
		set->bits[(uchar)*s/64] |= (uvlong)1 << ((uchar)*s%64);
}
