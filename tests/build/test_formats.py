"""`#pragma varargck`: calls of print whose arguments are not what the format says."""

from __future__ import annotations

import re

import pytest

HEAD = """\
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <fcall.h>
#include "mine.h"

typedef struct S S;
struct S
{
	uint	bits : 3;
	short	s;
	char	c;
	schar	sc;
	ushort	us;
	Rune	r;
	enum { A, B }	e;
	char	a[10];
	float	f;
	char	*(*name)(int);
	void	(*print)(char*, ...);
};
#define FORMAT "%d %s\\n"
#define SHOW(x) print(FORMAT, x, x)

void
all(S *p, Biobuf *b, vlong v, uvlong u, int i, long l, ulong ul, uchar *uc, char *s, Rune *rs, double d, Dir *dir,
	Fcall *fcall, void *vp, uintptr up, Tmfmt tm, const char *cs, uchar *ip, Fmt *fmt, Point pt)
{
"""

MINE = """\
typedef struct Point Point;
struct Point { int x, y; };
#pragma varargck argpos warn 2
#pragma varargck type "I" uchar*
#pragma varargck type "P" Point
#pragma varargck type "N" void*
#pragma varargck flag '~'
#pragma varargck type "\\\\" int
extern void warn(int, char*, ...);
"""

RIGHT = r"""
print("hello, 100%%\n");
print("%d %x %o %b %X %ud %#ux", i, i, i, i, i, i, i);
print("%d %d %d %d %d %d", p->s, p->c, p->sc, p->us, p->bits, p->e);
print("%hd %hhd %uhd %-5d|%05d|%+d|% d|%,d|%5.3d", i, i, i, i, i, i, i, i, i);
print("%ld %lud %lx %ulx", l, ul, ul, l);
print("%lld %llud %llux %,lld %lld", v, u, u, v, 100LL);
print("%lld %llux %ld %lud %lld", v<<3, (u)<<i, (long int)l, (unsigned long int)ul, (long long)i);
print("%zd %zud %zx", (intptr)v, up, up);
print("%c %C %c %C", 'x', p->r, p->c, L'é');
print("%s %10s %-10.3s %.*s %*s %*.*s", s, p->a, "lit", 3, s, i, s, 1, 2, s);
print("%S %S", rs, L"wide");
print("%q %Q %#q", s, rs, s);
print("%s %s %s", nil, cs, p->name(1));
print("%p %p %p %p %#p", vp, up, s, all, &i);
print("%r: %r");
print("%e %f %g %G %E %10.3f", d, d, d, p->f, 1.0, 2.5f);
print("%n", &i);
print("%.3H %.*[ %.2<", "abc", 3, uc, uc);
print("%F %M %D", fcall, dir->mode, dir);
print("%lo %ld %lux", 0644L, -1L, (1L<<3)|2); print("%s", (volatile char*)s);
print("%d", sizeof(S)); print("%lud", (sizeof(S)/sizeof(p->a))); print("%d", nelem(p->a));
print("%" "d %s" "\n", i, s);
print("%~d", i);
print(s, i, d);
print(i ? "%d" : "%s", s);
warn(1, "%I %d %N %N", ip, i, s, fcall);
warn(1, "%P", pt);
p->print("%y %d", s);
fprint(2, "%s: %r\n", smprint("%d", i));
snprint(p->a, sizeof p->a, "%d", i); seprint(s, s, "%s", s); sprint(s, "%d", i);
Bprint(b, "%s\n", s); fmtprint(fmt, "%d", i); werrstr("%s", s); procsetname("%d", i);
runesprint(rs, "%d", i); syslog(0, "x", "%d", i); sysfatal("%s: %r", s);
print("%d %d", i /* , */, /* "( */ i);
print("%s", ((s)));
print("%d%c", ')', '"');
warn(1, "%\\\t%d", i, i);
print("%τ", tm);
"""

#: A line, and the words that must be said of it.
WRONG = [
    ('print("%d", v);', "%d takes int or uint, but argument 2 of print is vlong"),
    ('print("%lld %d", i, i);', "%lld takes vlong or uvlong or intptr or uintptr, but argument 2 of print is int"),
    ('print("%lld", l);', "%lld takes"),
    ('print("%d %s", i, i);', "%s takes char*, but argument 3 of print is int"),
    ('print("%s", rs);', "%s takes char*, but argument 2 of print is Rune*"),
    ('print("%S", s);', "%S takes Rune*, but argument 2 of print is char*"),
    ('print("%s", uc);', "but argument 2 of print is uchar*"),
    ('print("%s %s", s);', "print has no argument for %s"),
    ('print("%*d", i);', "print has no argument for %*d"),
    ('print("%d");', "print has no argument for %d"),
    ('print("%d", i, s);', "print has more arguments than its format says"),
    ('print("hello", s);', "print has more arguments than its format says"),
    ('print("%.*s", v, s);', "* in %.*s takes int, but argument 2 of print is vlong"),
    ('print("%zud", i);', "%zud takes"),
    ('print("%zd", l);', "%zd takes"),
    ('print("%d", d);', "%d takes int or uint, but argument 2 of print is double"),
    ('print("%g", i);', "%g takes double, but argument 2 of print is int"),
    ('print("%d", s);', "argument 2 of print is char*"),
    ('print("%c", s);', "%c takes int or uint"),
    ('print("%p", i);', "%p takes uintptr or void*, but argument 2 of print is int"),
    ('print("%lux", v);', "%lux takes long or ulong, but argument 2 of print is vlong"),
    ('print("%y", i);', "no #pragma varargck says what %y takes"),
    ('print("%u", i);', "the format of print ends within %u; u is a flag, as in %ud"),
    ('print("%lu\\n", ul);', "; u is a flag, as in %lud"),
    ('print("%\'d", i);', "what %' takes, in the format of print; commas are the flag of %,d"),
    ('print("%i", i);', "; write %d"),
    ('print("100%");', "the format of print ends within %"),
    ('print("%D", fcall);', "%D takes Dir*, but argument 2 of print is Fcall*"),
    ('print("%r %s", i);', "%s takes char*"),
    ('warn(1, "%I", s);', "%I takes uchar*, but argument 3 of warn is char*"),
    ('warn(1, "%P", dir);', "%P takes Point, but argument 3 of warn is Dir*"),
    ('warn(i, "%d");', "warn has no argument for %d"),
    ('Bprint(b, "%s", i);', "argument 3 of Bprint is int"),
    ('fprint(2, "%s", smprint("%s", i));', "argument 2 of smprint is int"),
    ('snprint(s, 1, "%d", u);', "argument 4 of snprint is uvlong"),
    ('sysfatal("%d", s);', "argument 2 of sysfatal is char*"),
    ("SHOW(i);", "%s takes char*, but argument 3 of print is int"),
    ('if(i) for(;;) print("%s", *s);', "%s takes char*, but argument 2 of print is int"),
    ('print("%τ", i);', "%τ takes Tmfmt, but argument 2 of print is int"),
    ('print("%s", pt);', "argument 2 of print is Point"),
    ('print("%P", i);', "%P takes Point"),
    ('print("%H", i);', "%H takes void*"),
]


@pytest.fixture
def folder(workshop, request):
    """A folder of this test's own; its name."""
    name = re.sub(r"\W", "_", request.node.name)
    workshop.write(
        {f"{name}/SConscript": 'Import("env")\nenv.Plan9Object("a.c", float=True)\n', f"{name}/mine.h": MINE}
    )
    return name


def source(*lines: str) -> str:
    used = "p b v u i l ul uc s rs d dir fcall vp up tm cs ip fmt pt"
    last = "".join(f"\tUSED({name});\n" for name in used.split())
    return HEAD + "".join(f"\t{line}\n" for line in lines) + last + "}\n"


def test_right_formats_are_passed_in_silence(workshop, folder):
    workshop.write({f"{folder}/a.c": source(*RIGHT.strip().splitlines())})
    done = workshop.only(folder, arch="amd64,arm64")
    assert done.stderr == ""
    assert done.returncode == 0


def test_wrong_formats_are_said_once_with_their_line(workshop, folder):
    workshop.write({f"{folder}/a.c": source(*(line for line, _ in WRONG))})
    done = workshop.only(folder, arch="amd64")
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if ": warning: " in line]
    first = HEAD.count("\n") + 1
    for number, (line, words) in enumerate(WRONG, first):
        here = [text for text in said if text.startswith(f"{folder}/a.c:{number}: warning: ")]
        assert len(here) == 1, (line, here)
        assert words in here[0]
    assert len(said) == len(WRONG)
    assert workshop.only(folder, arch="amd64").stderr == ""  # nothing is compiled again
    other = workshop.only(folder, arch="arm64")
    assert [line for line in other.stderr.splitlines() if ": warning: " in line] == said


def test_doubles_want_a_program_with_float(workshop, folder):
    text = '#include <u.h>\n#include <libc.h>\nvoid f(void) { print("%d %g", 1, 2.5); print("%.1f", 1.0); }\n'
    scons = 'Import("env")\nenv.Plan9Object("a.c")\n'
    workshop.write({f"{folder}/a.c": text, f"{folder}/SConscript": scons})
    assert workshop.only(folder, arch="amd64").stderr.splitlines() == [
        f"{folder}/a.c:3: warning: %g takes double, and print knows it with float=True only",
        f"{folder}/a.c:3: warning: %.1f takes double, and print knows it with float=True only",
    ]


def test_a_call_of_several_lines(workshop, folder):
    workshop.write(
        {
            f"{folder}/a.c": source(
                'print("%d "', '\t"%s %d\\n",', "\ti,", "\ti,", "#ifdef NO", "\t2,", "#endif", "\ts);"
            )
        }
    )
    said = workshop.only(folder).stderr.splitlines()
    first = HEAD.count("\n") + 1
    assert [line.partition(": warning: ")[::2] for line in said] == [
        (f"{folder}/a.c:{first + 3}", "%s takes char*, but argument 3 of print is int"),
        (f"{folder}/a.c:{first + 7}", "%d takes int or uint, but argument 4 of print is char*"),
    ]


def test_it_can_be_switched_off_or_made_an_error(workshop, folder):
    workshop.write({f"{folder}/a.c": source('print("%s", i);')})
    scons = 'Import("env")\nenv.Plan9Object("a.c", float=True, CFLAGS="{}")\n'
    workshop.write({f"{folder}/SConscript": scons.format("-Wno-format")})
    assert workshop.only(folder).stderr == ""
    workshop.write({f"{folder}/SConscript": scons.format("-Werror")})
    done = workshop.only(folder)
    assert done.returncode == 2
    assert "%s takes char*" in done.stderr
    assert not (workshop.folder / "build/amd64/debug" / folder / "a.o").exists()


def test_iso_c_has_no_such_formats(workshop, folder):
    text = 'extern int print(const char *, ...);\nint f(void) { return print("%s", 3); }\n'
    workshop.write({f"{folder}/a.c": text})
    assert workshop.only(folder).stderr == ""
