#include <u.h>
#include <libc.h>

#define check(x) do{ if(!(x)) sysfatal("line %d: %s", __LINE__, #x); }while(0)

/* values that live across many calls, in as many registers as the compiler has */
static int
busy(int a, int b, int c, int d, int e)
{
	int i, sum;

	sum = 0;
	for(i = 0; i < 10; i++){
		sum += a*i + b;
		sleep(0);
		sum ^= c + d*i;
		check(nsec() == (vlong)0x1122334455667788);
		sum -= e;
	}
	return sum;
}

void
main(int argc, char *argv[])
{
	char buf[64], *p, *q;
	int i;

	check(argc == 3);
	check(strcmp(argv[1], "one") == 0);
	check(argv[3] == nil);
	check(getpid() == 42);
	check(busy(3, 5, 7, 11, 13) == busy(3, 5, 7, 11, 13));
	check(sizeof(long) == 4 && sizeof(ulong) == 4 && sizeof(vlong) == 8 && sizeof(uintptr) == 8);
	check((char)-1 < 0);
	check(strcmp("a", "b") == -1 && strcmp("b", "a") == 1 && strcmp("", "") == 0 && strcmp("\377", "a") == 1);
	check(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) == -1 && strncmp("a", "a", 9) == 0);
	p = "hello";
	check(strchr(p, 'l') == p+2 && strchr(p, 0) == p+5 && strchr(p, 'z') == nil);
	check(strrchr(p, 'l') == p+3 && strrchr(p, 'z') == nil);
	check(strcpy(buf, "copy") == buf && strcmp(buf, "copy") == 0);
	check(atoi(" -12x") == -12 && atoi("+7") == 7 && atoi("x") == 0);
	check(seek(3, 5, 0) == (vlong)0x123456789abc);
	check(readn(0, buf, 12) == 12 && memcmp(buf, "twelve bytes", 12) == 0);
	check(readn(0, buf, 12) == 3);
	check(readn(0, buf, 12) == 0);
	werrstr("kept");
	rerrstr(buf, 3);
	check(strcmp(buf, "ke") == 0);
	rerrstr(buf, sizeof buf);
	check(strcmp(buf, "kept") == 0);
	p = sbrk(0);
	check(((uintptr)p & 7) == 0 && sbrk(13) == p && sbrk(0) == p+16);
	p = malloc(0);
	check(p != nil);
	for(i = 1; i < 5000; i += 7){
		q = malloc(i);
		check(q != nil && ((uintptr)q & 15) == 0);
		memset(q, i, i);
		if(i%3 == 0)
			free(q);
		else if(i%3 == 1){
			free(p);
			p = q;
		}
	}
	free(p);
	free(nil);
	exits(nil);
}
