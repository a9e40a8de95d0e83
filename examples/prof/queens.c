#include <u.h>
#include <libc.h>

/* What is profiled: in how many ways do n queens on a chessboard leave each other alone? */
enum
{
	Max = 12,
};

static int column[Max];	/* of the queen in each row */

static int
attacked(int row, int col)
{
	int i;

	for(i = 0; i < row; i++)
		if(column[i] == col || abs(column[i]-col) == row-i)
			return 1;
	return 0;
}

static int
place(int row, int n)
{
	int col, ways;

	if(row == n)
		return 1;
	ways = 0;
	for(col = 0; col < n; col++)
		if(!attacked(row, col)){
			column[row] = col;
			ways += place(row+1, n);
		}
	return ways;
}

static void
usage(void)
{
	fprint(2, "usage: %s queens\n", argv0);
	exits("usage");
}

void
main(int argc, char *argv[])
{
	int n;

	ARGBEGIN{
	default:
		usage();
	}ARGEND
	n = argc == 1 ? atoi(argv[0]) : 0;
	if(n < 1 || n > Max)
		usage();
	print("%d ways\n", place(0, n));
	exits(nil);
}
