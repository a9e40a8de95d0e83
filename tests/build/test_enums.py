"""An enum with a name is an int."""

from __future__ import annotations

import pytest

from elf9.build import enums

U_H = "\n#define long int\n"
ONE = "_e9_enum1=-1,"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("enum Kind { A, B };", "enum Kind {" + ONE + " A, B };"),
        ("typedef enum\n{\n\tA = 2,\t/* { */\n} Kind;", "typedef enum\n{" + ONE + "\n\tA = 2,\t/* { */\n} Kind;"),
        ("typedef enum Kind {A} Kind; enum B {C};", f"typedef enum Kind {{{ONE}A}} Kind; enum B {{_e9_enum2=-1,C}};"),
        ("enum { A }; enum Kind k; f(enum Kind { A",) * 2,
        (
            "enum Large { A = 0x80000000 }; enum L { B, C = N, D = F(1,2)\t};",
            "enum Large { A = 0x80000000,_e9_enum1=-(A<=0x7fffffff) }; "
            "enum L { B, C = N, D = F(1,2),_e9_enum2=-(C<=0x7fffffff&&D<=0x7fffffff)\t};",
        ),
        ("enum K { A = N,\n\tB,\t// last\n};", "enum K { A = N,\n\tB,\t// last\n_e9_enum1=-(A<=0x7fffffff)};"),
        ("enum K { A='{', B='}', C=',' };", f"enum K {{{ONE} A='{{', B='}}', C=',' }};"),
        ('/* enum Kind { A } */ "enum Kind { A }" // enum Kind { A }\n',) * 2,
    ],
)
def test_make_signed(before, after):
    assert enums.make_signed((U_H + before).encode()).decode() == U_H + after
    assert enums.make_signed((U_H + after).encode()).decode() == U_H + after
    assert enums.make_signed(before.encode()).decode() == before, "ISO C is left alone"
    if before != after:
        assert enums.may_need(before.encode())


def test_gcc_does_not_miss_the_new_enumerator():
    text = "\n#define ELF9_WARN 1" + U_H
    assert enums.make_signed(f"{text}enum A {{ B }};".encode()) == (
        f'{text}#pragma GCC diagnostic ignored "-Wswitch"\nenum A {{{ONE} B }};'.encode()
    )


PROGRAM = """\
#include <u.h>
#include <libc.h>

typedef enum { Clear, Over = 11 } Op;
enum Where { Here, There };
enum Token { Open = '{', Close = '}' };
#define TOP 0xFFFFFFFFUL
enum Large { Big = TOP };
enum Larger { Bigger = 1LL<<40 };
enum Named { Size = sizeof(int), Twice = Size<<1 };
_Static_assert((enum Token)-1 < 0 && (enum Named)-1 < 0 && (enum Large)-1 > 0, "sign");
_Static_assert(sizeof(enum Large) == 4 && sizeof(enum Larger) == 8, "size");

Op flip(Op, char*);

int
flip(int op, char *s)
{
	return s[0] - op;
}

void
main(int, char**)
{
	Op op;
	enum Where w;

	op = -1;
	w = Here;
	w--;
	print("%d %d %d %d %d\\n", op < 0, w < There, (int)sizeof op, Over, flip(There, "A"));
	exits(nil);
}
"""


def test_as_kencc_has_it(workshop):
    workshop.write(
        {
            "enums/a.c": PROGRAM,
            "enums/SConscript": 'Import("env")\np = env.Plan9Program("p", "a.c")\n'
            'env.Plan9Test(p, stdout="1 1 4 11 64\\n")\n',
        }
    )
    workshop.output("enums", "enums/p")
