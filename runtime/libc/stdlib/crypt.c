#include <u.h>
#include <libc.h>

/*
 * DES (FIPS 46), a bit at a time: the programs that still want it cipher a few
 * bytes.  Keys have seven bytes, the 56 bits without parity.  Bit 1 of a
 * table is the first, which is the highest.
 */
static uchar first[64] =
{
	58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
	62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
	57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
	61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
};

static uchar choice1[56] =
{
	57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
	63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
};

static uchar choice2[48] =
{
	14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
	41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
};

static uchar expansion[48] =
{
	32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 12, 13, 14, 15, 16, 17,
	16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
};

static uchar permutation[32] =
{
	16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
	2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
};

static char *boxes[8] =	/* four rows of sixteen */
{
	"e4d12fb83a6c5907" "0f74e2d1a6cbb953" "41e8d62bfc973a50" "fc8249175b3ea06d",
	"f18e6b34972dc05a" "3d47f28ec01a69b5" "0e7ba4d158c6932f" "d8a13f42b67c05e9",
	"a09e63f51dc7b428" "d709346a285ecbf1" "d6498f30b12c5ae7" "1ad069874fe3b52c",
	"7de3069a1285bc4f" "d8b56f03472c1ae9" "a690cb7df13e5284" "3f06a1d8945bc72e",
	"2c417ab6853fd0e9" "eb2c47d150fa3986" "421bad78f9c5630e" "b8c71e2d6f09a453",
	"c1af92680d34e75b" "af427c9561de0b38" "9ef528c3704a1db6" "432c95fabe17608d",
	"4b2ef08d3c975a61" "d0b7491ae35c2f86" "14bdc37eaf680592" "6bd814a7950fe23c",
	"d2846fb1a93e50c7" "1fd8a374c56b0e92" "7b419ce206adf358" "21e74a8dfc90356b",
};

/* The n bits of v, which has size, that a table names. */
static uvlong
pick(uvlong v, int size, uchar *table, int n)
{
	uvlong r;
	int i;

	r = 0;
	for(i = 0; i < n; i++)
		r = r<<1 | (v >> (size-table[i]) & 1);
	return r;
}

static void
schedule(uchar *key, uvlong *subkey)
{
	uvlong k, c, d;
	int i, n;

	k = 0;
	for(i = 0; i < 7; i++)
		k = k<<8 | key[i];
	c = 0;
	for(i = 0; i < 8; i++)	/* seven bits, then one of parity that nobody looks at */
		c = c<<8 | (k >> (49-7*i) & 0x7f)<<1;
	k = pick(c, 64, choice1, 56);
	c = k>>28;
	d = k & 0xfffffff;
	for(i = 0; i < 16; i++){
		n = i == 0 || i == 1 || i == 8 || i == 15 ? 1 : 2;
		c = (c<<n | c>>(28-n)) & 0xfffffff;
		d = (d<<n | d>>(28-n)) & 0xfffffff;
		subkey[i] = pick(c<<28 | d, 56, choice2, 48);
	}
}

static u32int
round(u32int r, uvlong subkey)
{
	uvlong x;
	u32int out;
	int i, six, c;

	x = pick(r, 32, expansion, 48) ^ subkey;
	out = 0;
	for(i = 0; i < 8; i++){
		six = x >> (42-6*i) & 0x3f;
		c = boxes[i][(six>>5<<1 | (six & 1))*16 + (six>>1 & 0xf)];
		out = out<<4 | (c <= '9' ? c-'0' : c-'a'+10);
	}
	return pick(out, 32, permutation, 32);
}

static void
block(uvlong *subkey, uchar *p, int decrypting)
{
	uvlong v, out;
	u32int l, r, t;
	int i;

	v = 0;
	for(i = 0; i < 8; i++)
		v = v<<8 | p[i];
	v = pick(v, 64, first, 64);
	l = v>>32;
	r = v;
	for(i = 0; i < 16; i++){
		t = l ^ round(r, subkey[decrypting ? 15-i : i]);
		l = r;
		r = t;
	}
	v = (uvlong)r<<32 | l;
	out = 0;	/* the first permutation backwards */
	for(i = 0; i < 64; i++)
		out |= (v >> (63-i) & 1) << (64-first[i]);
	for(i = 7; i >= 0; i--){
		p[i] = out;
		out >>= 8;
	}
}

/*
 * n bytes in place, eight at least, in blocks that begin seven bytes apart; the
 * last one ends with the bytes.  0 if there are fewer than eight.
 */
static int
cipher(void *key, uchar *p, int n, int decrypting)
{
	uvlong subkey[16];
	int i, whole, rest;

	if(n < 8)
		return 0;
	schedule(key, subkey);
	whole = (n-1)/7;
	rest = (n-1)%7;
	if(decrypting && rest != 0)
		block(subkey, p+n-8, 1);
	for(i = 0; i < whole; i++)
		block(subkey, p + 7*(decrypting ? whole-1-i : i), decrypting);
	if(!decrypting && rest != 0)
		block(subkey, p+n-8, 0);
	return 1;
}

int
encrypt(void *key, void *p, int n)
{
	return cipher(key, p, n, 0);
}

int
decrypt(void *key, void *p, int n)
{
	return cipher(key, p, n, 1);
}
