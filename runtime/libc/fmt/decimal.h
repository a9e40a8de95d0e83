/* A decimal number that is being read; not for programs. */
enum
{
	Maxdigits = 770,	/* with more, only whether one of them is not 0 matters */
};

typedef struct Decimal Decimal;
struct Decimal
{
	int	n;	/* digits in s, the first of which is not 0 */
	int	point;	/* the value is 0.s times ten to this */
	int	more;	/* digits other than 0 were left out */
	char	s[Maxdigits+1];
};

extern	void	_decdigit(Decimal*, int, int);
extern	uvlong	_decbits(Decimal*);

#define INFBITS ((uvlong)0x7FF<<52)
#define NANBITS (INFBITS|1)
