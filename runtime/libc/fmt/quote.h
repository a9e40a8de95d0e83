/* How a text is quoted as rc does it; not for programs. */
typedef struct Quote Quote;
struct Quote
{
	int	quoted;		/* are there quotes? */
	int	nin;		/* runes taken */
	int	len;		/* bytes, or runes of a rune string, taken */
	int	nout;		/* bytes or runes made */
};
extern	int	_quotes(Rune);
extern	void	_quotemeasure(Quote*, void*, int, int, int, int, int);
