#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

enum
{
	Nhash = 128,
};

typedef struct Entry Entry;
struct Entry
{
	ulong	key;
	void	*value;
	Entry	*next;
};

/* inc counts a reference for whoever looks a value up, while the map is locked. */
struct Intmap
{
	RWLock;
	Entry	*hash[Nhash];
	void	(*inc)(void*);
};

Intmap*
allocmap(void (*inc)(void*))
{
	Intmap *m;

	m = emalloc9p(sizeof *m);
	m->inc = inc;
	return m;
}

void
freemap(Intmap *m, void (*destroy)(void*))
{
	Entry *e, *next;
	int i;

	for(i = 0; i < Nhash; i++)
		for(e = m->hash[i]; e != nil; e = next){
			next = e->next;
			if(destroy != nil)
				destroy(e->value);
			free(e);
		}
	free(m);
}

static Entry**
find(Intmap *m, ulong key)
{
	Entry **l;

	for(l = &m->hash[key%Nhash]; *l != nil && (*l)->key != key; l = &(*l)->next)
		;
	return l;
}

static Entry*
newentry(ulong key, void *value)
{
	Entry *e;

	e = emalloc9p(sizeof *e);
	e->key = key;
	e->value = value;
	e->next = nil;
	return e;
}

void*
lookupkey(Intmap *m, ulong key)
{
	Entry *e;
	void *v;

	v = nil;
	rlock(m);
	e = *find(m, key);
	if(e != nil){
		v = e->value;
		if(m->inc != nil)
			m->inc(v);
	}
	runlock(m);
	return v;
}

/* The value that it replaces, or nil. */
void*
insertkey(Intmap *m, ulong key, void *value)
{
	Entry **l;
	void *old;

	old = nil;
	wlock(m);
	l = find(m, key);
	if(*l != nil){
		old = (*l)->value;
		(*l)->value = value;
	}else
		*l = newentry(key, value);
	wunlock(m);
	return old;
}

int
caninsertkey(Intmap *m, ulong key, void *value)
{
	Entry **l;
	int new;

	wlock(m);
	l = find(m, key);
	new = *l == nil;
	if(new)
		*l = newentry(key, value);
	wunlock(m);
	return new;
}

void*
deletekey(Intmap *m, ulong key)
{
	Entry **l, *e;
	void *v;

	v = nil;
	wlock(m);
	l = find(m, key);
	e = *l;
	if(e != nil){
		v = e->value;
		*l = e->next;
	}
	wunlock(m);
	free(e);
	return v;
}
