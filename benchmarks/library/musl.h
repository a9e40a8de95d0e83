/*
 * musl's functions beside elf9's in one program: harness/musl.py gives all that
 * musl defines a name that begins with musl_.  Its long has 64 bits.
 */
extern	void*	musl_memcpy(void*, void*, usize);
extern	void*	musl_memmove(void*, void*, usize);
extern	void*	musl_memset(void*, int, usize);
extern	void*	musl_memchr(void*, int, usize);
extern	int	musl_memcmp(void*, void*, usize);
extern	usize	musl_strlen(char*);
extern	char*	musl_strchr(char*, int);
extern	int	musl_strcmp(char*, char*);
extern	char*	musl_strcpy(char*, char*);
extern	int	musl_snprintf(char*, usize, char*, ...);
extern	void*	musl_malloc(usize);
extern	void*	musl_realloc(void*, usize);
extern	void	musl_free(void*);
extern	void	musl_qsort(void*, usize, usize, int (*)(void*, void*));
extern	double	musl_strtod(char*, char**);

#define memcpy musl_memcpy
#define memmove musl_memmove
#define memset musl_memset
#define memchr musl_memchr
#define memcmp musl_memcmp
#define strlen musl_strlen
#define strchr musl_strchr
#define strcmp musl_strcmp
#define strcpy musl_strcpy
#define snprint musl_snprintf
#define malloc musl_malloc
#define realloc musl_realloc
#define free musl_free
#define qsort musl_qsort
#define strtod musl_strtod

typedef struct FILE FILE;
extern	FILE*	musl_reader(void);	/* musl/start.c: on the stream */
extern	FILE*	musl_writer(void);
extern	int	musl_getc(FILE*);
extern	int	musl_putc(int, FILE*);
extern	char*	musl_fgets(char*, int, FILE*);
extern	int	musl_fprintf(FILE*, char*, ...);
extern	int	musl_fflush(FILE*);
extern	void	musl_start(void);	/* before the first of these functions */
