#include <u.h>
#include <libc.h>

/*
 * C++ without exceptions and run-time types: constructors of static objects
 * run before main, destructors at exits, new and delete work.
 */
class Disc {
public:
	Disc(int size, Disc *below) : size(size), below(below) {}
	int size;
	Disc *below;
};

class Peg {
public:
	Peg(const char *name) : name(name), top(nullptr) {}
	~Peg() {
		while(top != nullptr)
			delete pop();
	}

	void push(Disc *disc) {
		disc->below = top;
		top = disc;
	}
	Disc *pop() {
		Disc *disc = top;
		top = disc->below;
		return disc;
	}
	int height() const {
		int n = 0;
		for(Disc *d = top; d != nullptr; d = d->below)
			n++;
		return n;
	}

	const char *name;

private:
	Disc *top;
};

static Peg left("left"), middle("middle"), right("right");

static int
move(int n, Peg &from, Peg &to, Peg &spare)
{
	if(n == 0)
		return 0;
	int moves = move(n-1, from, spare, to);
	Disc *disc = from.pop();
	print("disc %d from %s to %s\n", disc->size, from.name, to.name);
	to.push(disc);
	return moves + 1 + move(n-1, spare, to, from);
}

int
main(int argc, char *argv[])
{
	int n = argc > 1 ? atoi(argv[1]) : 3;

	for(int size = n; size > 0; size--)
		left.push(new Disc(size, nullptr));
	int moves = move(n, left, right, middle);
	print("%d moves, %d discs on the right\n", moves, right.height());
	return 0;
}
