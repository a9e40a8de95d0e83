#include <u.h>
#include <libc.h>
#include <tos.h>
#include <elf9.h>

/*
 * What GCC's C++ calls behind the programmer's back, without exceptions:
 * destructors of static objects, guards of local statics, pure virtuals.
 */
typedef struct Dtor Dtor;
struct Dtor
{
	Dtor	*next;
	void	(*f)(void*);
	void	*arg;
};

void *__dso_handle = &__dso_handle;
static Dtor *dtors;

static void
destroy(void)
{
	Dtor *d;

	while((d = dtors) != nil){
		dtors = d->next;
		d->f(d->arg);
	}
}

int
__cxa_atexit(void (*f)(void*), void *arg, void *dso)
{
	Dtor *d;

	USED(dso);
	d = malloc(sizeof *d);
	if(d == nil)
		return -1;
	d->f = f;
	d->arg = arg;
	d->next = dtors;
	dtors = d;
	_onexit = destroy;
	return 0;
}

void
__cxa_pure_virtual(void)
{
	sysfatal("pure virtual function called");
}

/*
 * A guard is 64 bits of zero: the compiler looks at the first byte, not 0
 * when the object is made; the int behind it is the lock while it is made.
 */
int
__cxa_guard_acquire(int *guard)
{
	int unlocked;

	for(;;){
		if(__atomic_load_n((uchar*)guard, __ATOMIC_ACQUIRE))
			return 0;
		unlocked = 0;
		if(__atomic_compare_exchange_n(&guard[1], &unlocked, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)){
			if(__atomic_load_n((uchar*)guard, __ATOMIC_ACQUIRE) == 0)
				return 1;
			__atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
			return 0;
		}
		sleep(0);
	}
}

void
__cxa_guard_release(int *guard)
{
	__atomic_store_n((uchar*)guard, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
}

void
__cxa_guard_abort(int *guard)
{
	__atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE);
}
