#include <u.h>
#include <libc.h>
#include <bio.h>
#include <String.h>
#include "tap.h"

/*
 * Strings that grow; string(2), facts/libc.md §7.
 * Works in the current directory, which must be writable.
 */
static char name[] = "strings.tmp";
static char other[] = "strings2.tmp";
static char big[100000];

static Biobuf*
reader(char *s)
{
	Biobuf *b;
	int fd;

	fd = create(name, OWRITE, 0666);
	if(fd < 0 || write(fd, s, strlen(s)) != strlen(s))
		sysfatal("%s: %r", name);
	close(fd);
	b = Bopen(name, OREAD);
	if(b == nil)
		sysfatal("%s: %r", name);
	return b;
}

static void
making(void)
{
	static char fixed[] = "fixed";
	String *s, *t;
	char *p;

	s = s_new();
	same(s_to_c(s), "", "s_new is empty");
	is(s_len(s), 0, "of length 0");
	is(s->end-s->base, 128, "with room for 128 bytes");
	is(s->ref, 1, "and one reference");
	s_free(s);
	s = s_newalloc(1000);
	is(s->end-s->base, 1000, "s_newalloc has the room that is asked for");
	same(s_to_c(s), "", "and is empty");
	s_free(s);
	s = s_newalloc(1);
	is(s->end-s->base, 128, "but never little");
	s_free(s);
	s = s_copy("copied");
	same(s_to_c(s), "copied", "s_copy");
	is(s_len(s), 6, "s_len");
	t = s_clone(s);
	s_append(t, " twice");
	same(s_to_c(t), "copied twice", "s_clone");
	same(s_to_c(s), "copied", "is another");
	s_free(t);
	s_free(s);
	s_free(nil);
	ok(1, "s_free of nil");
	s = s_array(fixed, sizeof fixed);
	ok(s_to_c(s) == fixed, "s_array is what it is given");
	is(s_len(s), 0, "to be read from its beginning");
	is(s->fixed, 1, "and fixed");
	s_free(s);
	same(fixed, "fixed", "s_free leaves it alone");
	memset(big, 'x', sizeof big-1);
	s = s_copy(big);
	is(s_len(s), sizeof big-1, "s_copy of much");
	s = s_grow(s, 1);
	ok(s->end-s->base >= sizeof big*3/2, "s_grow grows by half");
	is(s_len(s), sizeof big-1, "and keeps what is there");
	p = s->end;
	s = s_grow(s, 10*sizeof big);
	ok(s->end-s->base >= 11*sizeof big && s->end != p, "or by what is asked for");
	s_free(s);
}

static void
filling(void)
{
	String *s;
	int i;

	s = s_append(nil, "abc");
	same(s_to_c(s), "abc", "s_append to nil makes one");
	ok(s_append(s, "def") == s, "s_append returns its String");
	same(s_to_c(s), "abcdef", "s_append");
	s_append(s, nil);
	s_append(s, "");
	same(s_to_c(s), "abcdef", "s_append of nil and of nothing");
	s_nappend(s, "ghijkl", 3);
	same(s_to_c(s), "abcdefghi", "s_nappend");
	s_nappend(s, "j", 100);
	same(s_to_c(s), "abcdefghij", "s_nappend stops at a NUL");
	s_nappend(s, "k", -1);
	same(s_to_c(s), "abcdefghijk", "or goes up to it");
	s_memappend(s, "l\0m", 3);
	is(s_len(s), 14, "s_memappend does not");
	is(s_to_c(s)[13], 'm', "and has what is behind");
	is(s_to_c(s)[14], '\0', "with a NUL of its own");
	ok(s_reset(s) == s, "s_reset");
	same(s_to_c(s), "", "empties");
	for(i = 0; i < 10000; i++)
		s_putc(s, 'a'+i%26);
	s_terminate(s);
	is(strlen(s_to_c(s)), 10000, "s_putc grows");
	is(s_to_c(s)[9999], 'a'+9999%26, "to the last byte");
	ok(s_restart(s) == s, "s_restart");
	is(s_len(s), 0, "goes to the beginning");
	is(strlen(s_to_c(s)), 10000, "of what is there");
	s_append(s, "XY");
	same(s_to_c(s), "XY", "s_append writes from there");
	s_reset(s);
	s_memappend(s, big, sizeof big-1);
	s_memappend(s, big, sizeof big-1);
	is(s_len(s), 2*sizeof big-2, "s_memappend of much");
	s_memappend(s, "x", -1);
	is(s_len(s), 2*sizeof big-2, "and of less than nothing");
	s_free(s);
	s = s_reset(nil);
	same(s_to_c(s), "", "s_reset of nil makes one");
	s_free(s);
	s = s_copy("MiXed 123 \303\204[@Z");
	s_tolower(s);
	same(s_to_c(s), "mixed 123 \303\204[@z", "s_tolower is for ASCII");
	s_free(s);
}

static void
parsing(void)
{
	static char *want[] = {"word", "two words", "it's", "tab", "", "a'b", "open end"};
	String *s, *t;
	char what[32];
	int i;

	s = s_restart(s_copy("word 'two words' \"it's\"\ttab\n'' a'b \"open end"));
	for(i = 0; i < nelem(want); i++){
		t = s_parse(s, nil);
		snprint(what, sizeof what, "s_parse %d", i);
		same(t != nil ? s_to_c(t) : "nil", want[i], what);
		s_free(t);
	}
	ok(s_parse(s, nil) == nil, "s_parse at the end");
	s_free(s);
	s = s_restart(s_copy("one two"));
	t = s_copy("[");
	ok(s_parse(s, t) == t, "s_parse appends");
	same(s_to_c(t), "[one", "to the other String");
	s_free(s);
	s = s_restart(s_copy(" lead"));
	s_reset(t);
	s_parse(s, t);
	same(s_to_c(t), "", "blanks before a word are an empty one");
	s_parse(s, t);
	same(s_to_c(t), "lead", "then it comes");
	s_free(s);
	s = s_restart(s_copy("'a''b'c"));
	s_parse(s, s_reset(t));
	same(s_to_c(t), "a", "a quote ends a word");
	s_parse(s, s_reset(t));
	same(s_to_c(t), "b", "even before another");
	s_parse(s, s_reset(t));
	same(s_to_c(t), "c", "or before a letter");
	s_free(s);
	s_free(t);
}

static void
sharing(void)
{
	String *s, *t;
	Waitmsg *w;
	int i, pid;

	s = s_copy("shared");
	ok(s_unique(s) == s, "s_unique of one with one reference");
	ok(s_incref(s) == s, "s_incref");
	is(s->ref, 2, "makes two");
	t = s_unique(s);
	ok(t != s, "s_unique of one with two is another");
	is(s->ref, 1, "and gives the reference back");
	same(s_to_c(t), "shared", "it says the same");
	s_incref(s);
	ok(s_reset(s) != s, "s_reset of a shared one makes another");
	same(s_to_c(s), "shared", "and leaves it alone");
	s_free(t);

	for(i = 0; i < 1000; i++)
		s_incref(s);
	pid = rfork(RFPROC|RFMEM);
	if(pid == 0){
		for(i = 0; i < 500; i++)
			s_free(s);
		_exits(nil);
	}
	for(i = 0; i < 500; i++)
		s_free(s);
	w = wait();
	ok(w != nil && w->pid == pid && w->msg[0] == '\0', "another process gives references back");
	is(s->ref, 1, "at the same time");
	free(w);
	s_free(s);
}

/* What happens to who changes a String that others have. */
static void
dying(void)
{
	static char *want[] = {
		"can't s_putc a shared string",
		"can't s_terminate a shared string",
		"can't s_putc a shared string",
		"s_grow of constant string",
		"can't s_read a shared string",
		"can't s_read_line a shared string",
	};
	static char fixed[4];
	static Biobuf b;
	String *s;
	Waitmsg *w;
	char *said;
	int i;

	for(i = 0; i < nelem(want); i++){
		switch(fork()){
		case -1:
			sysfatal("fork: %r");
		case 0:
			close(2);
			s = i == 3 ? s_array(fixed, sizeof fixed) : s_incref(s_new());
			switch(i){
			case 0:
				s_putc(s, 'x');
			case 1:
				s_terminate(s);
			case 2:
				s_append(s, "x");
			case 3:
				s_append(s, "more than there is room for");
			case 4:
				s_read(&b, s, 1);
			case 5:
				s_read_line(&b, s);
			}
			_exits("went on");
		}
		w = wait();
		said = strchr(w->msg, ':');
		same(said != nil ? said+2 : w->msg, want[i], want[i]);
		free(w);
	}
}

static void
reading(void)
{
	String *s;
	Biobuf *b;
	char *p;

	b = reader("one\n  two\n\nfour");
	s = s_new();
	is(s_read(b, s, 3), 3, "s_read");
	same(s_to_c(s), "one", "has them");
	is(s_read(b, s, 1000), 12, "s_read up to the end");
	same(s_to_c(s), "one\n  two\n\nfour", "appends");
	is(s_read(b, s, 10), 0, "s_read at the end");
	Bseek(b, 0, 0);
	s_reset(s);
	p = s_read_line(b, s);
	same(p, "one\n", "s_read_line has the newline");
	p = s_read_line(b, s);
	same(p, "  two\n", "and returns what it appends");
	same(s_to_c(s), "one\n  two\n", "to what is there");
	same(s_read_line(b, s), "\n", "an empty line");
	ok(s_read_line(b, s) == nil, "no newline before the end is nil");
	Bterm(b);

	b = reader("# a comment\n\n \t one \n\n#another\ntwo\\\nthree\\x\r\nfour");
	p = s_getline(b, s_reset(s));
	same(p, "one ", "s_getline leaves comments and leading blanks out");
	p = s_getline(b, s);
	same(p, "twothree\\x\r", "and joins lines");
	same(s_to_c(s), "one twothree\\x\r", "it appends");
	p = s_getline(b, s_reset(s));
	same(p, "four", "the last line needs no newline");
	ok(s_getline(b, s_reset(s)) == nil, "then nil");
	Bterm(b);
	b = reader("#only\n\n   ");
	ok(s_getline(b, s_reset(s)) == nil, "nil if there is none");
	Bterm(b);
	s_free(s);
}

static void
including(void)
{
	Sinstack *t;
	String *s;
	Biobuf *b;

	b = Bopen(other, OWRITE);
	Bprint(b, "# comment\nin one\r\n  in\\\n two");
	Bterm(b);
	b = reader("first\n#include strings2.tmp\n#include nosuch.tmp\n# no\n\nlast");
	Bterm(b);
	ok(s_allocinstack("nosuch.tmp") == nil, "s_allocinstack of no file");
	t = s_allocinstack(name);
	ok(t != nil, "s_allocinstack");
	s = s_new();
	same(s_rdinstack(t, s), "first", "s_rdinstack");
	same(s_rdinstack(t, s_restart(s)), "in one", "reads files that are included");
	same(s_rdinstack(t, s_restart(s)), "in two", "to their end");
	same(s_rdinstack(t, s_restart(s)), "last", "and goes on");
	ok(s_rdinstack(t, s_restart(s)) == nil, "to its own");
	s_freeinstack(t);
	t = s_allocinstack(name);
	s_reset(s);
	s_rdinstack(t, s);
	s_rdinstack(t, s);
	same(s_to_c(s), "firstin one", "s_rdinstack appends");
	s_freeinstack(t);
	s_free(s);
	remove(other);
}

void
main(void)
{
	making();
	filling();
	parsing();
	sharing();
	dying();
	reading();
	including();
	remove(name);
	done();
}
