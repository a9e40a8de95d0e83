#include <u.h>
#include <libc.h>

struct Base
{
	virtual ~Base() { print("base gone\n"); }
	virtual int value() = 0;
};

struct Derived : Base
{
	int n;

	Derived(int n) : n(n) { print("made %d\n", n); }
	~Derived() { print("derived %d gone\n", n); }
	int value() { return n; }
};

static Derived first(1);
static Derived second(2);

static Derived&
local(void)
{
	static Derived d(3);
	return d;
}

int
main(int argc, char**)
{
	Base *b;

	print("main\n");
	b = new Derived(local().value() + local().value());
	if(b == nil)
		exits(nil);
	print("%d\n", b->value());
	delete b;
	delete[] new char[100];
	return argc-1;
}
