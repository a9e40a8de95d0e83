/*
 * Strings that grow.  Include u.h and libc.h first; also bio.h for those that
 * are read from a file.
 */
#ifndef _STRING_H_
#define _STRING_H_

#pragma lib "libString.a"
#pragma src "/sys/src/libString"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct String String;
#ifdef __cplusplus
struct String: Lock
{
#else
struct String
{
	Lock;
#endif
	char	*base;	/* of the bytes */
	char	*end;	/* behind the room that there is */
	char	*ptr;	/* where the next byte goes, or is read */
	short	ref;
	uchar	fixed;	/* base is not ours */
};

#define s_clone(s) s_copy((s)->base)
#define s_to_c(s) ((s)->base)
#define s_len(s) ((s)->ptr-(s)->base)

extern	String*	s_append(String*, char*);
extern	String*	s_array(char*, int);
extern	String*	s_copy(char*);
extern	void	s_free(String*);
extern	String*	s_incref(String*);
extern	String*	s_memappend(String*, char*, int);
extern	String*	s_nappend(String*, char*, int);
extern	String*	s_new(void);
extern	String*	s_newalloc(int);
extern	String*	s_parse(String*, String*);
extern	String*	s_reset(String*);
extern	String*	s_restart(String*);
extern	void	s_terminate(String*);
extern	void	s_tolower(String*);
extern	void	s_putc(String*, int);
extern	String*	s_unique(String*);
extern	String*	s_grow(String*, int);

#ifdef __cplusplus
}
#endif

#endif

/* again, if bio.h came between */
#if defined(_BIO_H_) && !defined(_STRING_BIO_)
#define _STRING_BIO_

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Sinstack Sinstack;
#pragma incomplete Sinstack

extern	int	s_read(Biobuf*, String*, int);
extern	char*	s_read_line(Biobuf*, String*);
extern	char*	s_getline(Biobuf*, String*);
extern	char*	s_rdinstack(Sinstack*, String*);
extern	Sinstack*	s_allocinstack(char*);
extern	void	s_freeinstack(Sinstack*);

#ifdef __cplusplus
}
#endif

#endif
