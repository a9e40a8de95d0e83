"""Unnamed members of a union that have members of the same names, and headers named from the root."""

from __future__ import annotations

import pytest

from elf9.build import unions

HEADER = "typedef struct { int type, x; } A;\ntypedef struct Tag { uchar type[2]; char *(*f)(int); int b: 3; } B;\n"
HEADER += "struct C { B; short own; };\n"
U_H = "\n#define long int\n"
QUIET = '#pragma GCC diagnostic ignored "-Wincompatible-pointer-types"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("union { A; B; };", "union { A; B B; };"),
        ("union U {\n\tA;\t/* A; */\n\tB;\t// {\n} u;", "union U {\n\tA;\t/* A; */\n\tB B;\t// {\n} u;"),
        (
            "struct { union { struct { A; int h[1]; }; B; } e; };",
            "struct { union { struct { A; int h[1]; }; B B; } e; };",
        ),
        ("union { int f, *x[2]; B; A; };", "union { int f, *x[2]; B B; A A; };"),
        ("union { A; struct C; B; };", "union { A; struct C C; B B; };"),
        ("struct { A; B; };",) * 2,
        ("union { A; B b; };",) * 2,
        ("union { struct C; struct D { int other; }; };",) * 2,
        ("union { B; struct { int g; }; Unknown; };",) * 2,
        ("union { A; union { int n; B; } u; };",) * 2,
        ("union { A; ",) * 2,
    ],
)
def test_names(before, after):
    text = unions.name_members((U_H + HEADER + before).encode()).decode()
    if before == after:
        assert text == U_H + HEADER + before
    else:
        assert text == U_H + QUIET + HEADER + after


PROGRAM = """\
#include <u.h>
#include <libc.h>
#include "/sys/include/kinds.h"
#include "near.h"

typedef struct {
	union {
		struct {
			Old;
			ulong	words[1];
		};
		Old32;
		Old64;
		struct more;
	} e;
	long	pad;
} Any;

static vlong
entry(Any *a)
{
	Old64 *o;
	struct more *m;

	o = &a->e;
	m = &a->e;
	USED(m);
	return o->entry + o->magic;
}

void
main(int, char**)
{
	Any a;

	memset(&a, 0, sizeof a);
	a.e.magic = 1;
	a.e.Old64.entry = 1LL<<40;
	print("%d %lld %d\\n", (int)sizeof a, entry(&a), NEAR);
	exits(nil);
}
"""
KINDS = """\
typedef struct { long magic; } Old;
typedef struct { short kind; ulong entry; } Old32;
typedef struct { int magic; short kind; uvlong entry; } Old64;
struct more { char *text; };
"""


def test_programs_with_both(workshop):
    workshop.write(
        {
            "roots/a.c": PROGRAM,
            "roots/near.h": "enum { NEAR = 7 };\n",
            "roots/plan9/sys/include/kinds.h": KINDS,
            "roots/SConscript": 'Import("env")\np = env.Plan9Program("p", "a.c", CPPPATH=["plan9"])\n'
            'env.Plan9Test(p, stdout="24 1099511627777 7\\n")\n',
        }
    )
    workshop.output("roots", "roots/p")
    workshop.write({"roots/plan9/sys/include/kinds.h": KINDS.replace("uvlong entry", "uvlong other, entry")})
    done = workshop.only("roots")
    assert "CC      amd64/debug roots/a.c" in done.stdout, "a change of the header is seen"
    assert not [name for name in workshop.files() if name.startswith("build") and name.endswith(".c")]


def test_a_struct_is_left_as_it_is(workshop):
    text = "#include <u.h>\n" + HEADER + 'struct { A; B; } both;\nRune r[] = L"x";\n'
    workshop.write({"structs/a.c": text, "structs/SConscript": 'Import("env")\nenv.Plan9Object("a.c")\n'})
    assert "duplicate member" in workshop.only("structs").stderr
