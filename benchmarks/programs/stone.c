#include "bench.h"

/*
 * What Dhrystone tries to be: the mix of an ordinary program.  Records linked
 * by pointers, short strings, small arrays, switches and many small calls.
 */
const char *const name = "stone";

#define call __attribute__((noinline))

typedef struct Part Part;
struct Part
{
	Part	*next;
	int32_t	kind;
	int32_t	amount;
	char	label[24];
};

enum { Bolt, Nut, Plate, Kinds };

static Part parts[8];
static Part *shelf;
static int32_t stock[Kinds];
static int32_t table[16][16];
static const char *const labels[] = {
	"bolt, long, of steel",
	"bolt, long, of brass",
	"nut, small, of steel",
	"plate, round, drilled",
};

call static int32_t
compare(const char *a, const char *b)
{
	while(*a != 0 && *a == *b)
		a++, b++;
	return (uint8_t)*a - (uint8_t)*b;
}

call static void
copy(char *to, const char *from)
{
	while((*to++ = *from++) != 0)
		;
}

call static int32_t
kindof(const char *label)
{
	switch(label[0]){
	case 'b':
		return Bolt;
	case 'n':
		return Nut;
	default:
		return Plate;
	}
}

call static void
fill(Part *p, uint32_t i)
{
	copy(p->label, labels[i & 3]);
	p->kind = kindof(p->label);
	p->amount = (int32_t)(i % 97);
}

call static Part*
take(Part *p)
{
	shelf = p->next;
	p->next = 0;
	return p;
}

call static void
give(Part *p)
{
	Part **at;

	for(at = &shelf; *at != 0 && compare((*at)->label, p->label) < 0; at = &(*at)->next)
		;
	p->next = *at;
	*at = p;
}

call static int32_t
spread(int32_t row, int32_t amount)
{
	int32_t i, sum;

	sum = 0;
	for(i = 0; i < 16; i++){
		table[row][i] += amount + i;
		sum += table[i][row];
	}
	return sum;
}

call static void
book(Part *p)
{
	switch(p->kind){
	case Bolt:
		stock[Bolt] += p->amount;
		break;
	case Nut:
		stock[Nut] -= p->amount / 3;
		break;
	case Plate:
		stock[Plate] ^= p->amount * 5;
		break;
	}
}

uint64_t
run(uint32_t n, const char *what)
{
	uint32_t i;
	uint64_t sum;
	Part *p;

	(void)what;
	for(i = 0; i < 8; i++){
		fill(&parts[i], i);
		give(&parts[i]);
	}
	sum = 0;
	for(i = 0; i < n; i++){
		p = take(shelf);
		fill(p, i*7);
		book(p);
		give(p);
		if((i & 3) == 0)
			sum += (uint32_t)spread((int32_t)(i & 15), p->amount);
		sum = (sum << 1 | sum >> 63) ^ (uint32_t)stock[i % Kinds];
	}
	return sum;
}
