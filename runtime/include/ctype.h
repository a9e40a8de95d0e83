/* Kinds of characters, ASCII only; isalpharune and its kind in libc.h know the rest. */
#ifndef _CTYPE_H_
#define _CTYPE_H_

#pragma lib "libc.a"
#pragma src "/sys/src/libc/port"

#define _U 01	/* upper case */
#define _L 02	/* lower case */
#define _N 04	/* digit */
#define _S 010	/* white space */
#define _P 020	/* punctuation */
#define _C 040	/* control */
#define _B 0100	/* blank */
#define _X 0200	/* hexadecimal digit */

#ifdef __cplusplus
extern "C" unsigned char	_ctype[];
#else
extern	unsigned char	_ctype[];
#endif

#define _ctypeof(c) (_ctype[(unsigned char)(c)])
#define isalpha(c) (_ctypeof(c) & (_U|_L))
#define isupper(c) (_ctypeof(c) & _U)
#define islower(c) (_ctypeof(c) & _L)
#define isdigit(c) (_ctypeof(c) & _N)
#define isxdigit(c) (_ctypeof(c) & _X)
#define isspace(c) (_ctypeof(c) & _S)
#define ispunct(c) (_ctypeof(c) & _P)
#define isalnum(c) (_ctypeof(c) & (_U|_L|_N))
#define isprint(c) (_ctypeof(c) & (_P|_U|_L|_N|_B))
#define isgraph(c) (_ctypeof(c) & (_P|_U|_L|_N))
#define iscntrl(c) (_ctypeof(c) & _C)
#define isascii(c) ((unsigned char)(c) <= 0177)
#define _toupper(c) ((c)-'a'+'A')
#define _tolower(c) ((c)-'A'+'a')
#define toascii(c) ((c)&0177)

#endif
