"""The headers: complete, of the right sizes, alone and together, in C and C++, for both machines."""

from __future__ import annotations

from pathlib import Path

import pytest

INCLUDE = Path(__file__).resolve().parents[3] / "runtime" / "include"
SURFACE = Path(__file__).with_name("surface.txt")

#: Header -> those that go before it.
NEEDS = {
    "libc.h": ["u.h"],
    "bio.h": ["u.h", "libc.h"],
    "ctype.h": [],
    "tos.h": ["u.h"],
    "ureg.h": ["u.h"],
    "fcall.h": ["u.h", "libc.h"],
    "regexp.h": ["u.h", "libc.h"],
    "String.h": ["u.h", "libc.h", "bio.h"],
    "thread.h": ["u.h", "libc.h"],
    "9p.h": ["u.h", "libc.h", "fcall.h", "thread.h"],
}

#: Layouts that the kernel or Plan 9's own programs see: facts/libc.md §2, exec.md §5, notes.md §2, abi.md §6.
LAYOUT = """
_Static_assert(sizeof(long) == 4 && sizeof(ulong) == 4 && sizeof(vlong) == 8 && sizeof(usize) == 8, "");
_Static_assert((char)-1 < 0 && (Rune)-1 > 0 && sizeof(Rune) == 4, "");
_Static_assert(sizeof(Qid) == 16 && offsetof(Qid, vers) == 8 && offsetof(Qid, type) == 12, "");
_Static_assert(offsetof(Dir, qid) == 8 && offsetof(Dir, mode) == 24 && offsetof(Dir, length) == 40, "");
_Static_assert(sizeof(Dir) == 80 && sizeof(Waitmsg) == 24, "");
_Static_assert(offsetof(Tos, cyclefreq) == 40 && offsetof(Tos, pid) == 64 && offsetof(Tos, clock) == 68, "");
_Static_assert(sizeof(Tos) == 72 && sizeof(Lock) == 4 && sizeof(Biobuf) > Bsize, "");
_Static_assert(DMDIR > 0 && DMDIR == 1U<<31 && STATMAX == 65535U && IOUNIT == 32768U && ERRMAX == 128, "");
_Static_assert(STATFIXLEN == 49 && QIDSZ == 13 && Rwstat == 127 && Rerror == 107 && FmtFlag == 8192, "");
_Static_assert(NOFID == 0xffffffff && NOTAG == 0xffff && Runemax == 0x10FFFF && CHANNOBLK == 4, "");
#ifdef __aarch64__
_Static_assert(sizeof(struct Ureg) == 35*8 && offsetof(struct Ureg, pc) == 32*8, "");
#else
_Static_assert(sizeof(struct Ureg) == 23*8 && offsetof(struct Ureg, pc) == 18*8, "");
#endif
"""

#: What a program of Plan 9 does with a va_list.
VALUE = """
#include <u.h>
#include <libc.h>
int next(va_list *arg);
int peek(va_list arg) { return va_arg(arg, int); }
int
verb(Fmt *f)
{
	return va_arg(f->args, int);
}
void
keep(Fmt *f, ...)
{
	va_list arg;

	va_start(arg, f);
	f->args = arg;
	peek(arg);
	next(&arg);
	va_copy(arg, f->args);
	va_end(arg);
}
"""

OPTIONS = """
#include <u.h>
#include <libc.h>

static void usage(void) { fprint(2, "usage: %s\\n", argv0); exits("usage"); }

void
main(int argc, char **argv)
{
	char *name, *other;
	Rune r;

	SET(name, other);
	ARGBEGIN{
	case 'n':
		name = EARGF(usage());
		break;
	case 'o':
		other = ARGF();
		break;
	default:
		r = ARGC();
		print("%C\\n", r);
		usage();
	}ARGEND
	print("%s %s %d %p\\n", name, other, argc, (void*)getcallerpc(&argc));
	if(argc != 0)
		exits(argv[0]);
	exits(nil);
}
"""


def includes(*names: str) -> str:
    return "".join(f"#include <{name}>\n" for name in names)


def surface() -> dict[str, list[str]]:
    """Header -> names that it must declare."""
    found: dict[str, list[str]] = {}
    header = ""
    for line in SURFACE.read_text(encoding="utf-8").splitlines():
        if line.startswith("\t"):
            found[header] += line.split()
        elif not line.startswith("#"):
            header = line
            found[header] = []
    return found


@pytest.mark.parametrize("language", ["c", "cc"])
def test_every_header_alone_and_twice(workshop, language):
    for header, before in NEEDS.items():
        text = includes(*before, header, header)
        workshop.compile(workshop.text(f"alone.{language}", text), extra=["-DELF9_WARN"])


@pytest.mark.parametrize("language", ["c", "cc"])
def test_all_together_in_any_order(workshop, language):
    first = ["u.h", "libc.h"]
    rest = [header for header in NEEDS if header not in ("libc.h", "9p.h", "String.h")]
    for order in (rest, rest[::-1]):
        text = includes(*first, *order, "9p.h", "String.h", "bio.h", "String.h")
        workshop.compile(workshop.text(f"all.{language}", text), extra=["-DELF9_WARN"])


def test_everything_is_declared(workshop):
    names = surface()
    assert sum(map(len, names.values())) > 500
    text = includes("u.h", *NEEDS)
    for number, name in enumerate(name for header in names.values() for name in header):
        text += f"void *p{number} = (void*)&{name};\n"
    text = text.replace("(void*)&getcallerpc", "(void*)&(getcallerpc)")
    workshop.compile(workshop.text("surface.c", text))


def test_layouts(workshop):
    workshop.compile(workshop.text("layout.c", includes("u.h", *NEEDS) + LAYOUT))


@pytest.mark.parametrize("text", [VALUE, OPTIONS], ids=["va_list", "options"])
def test_idioms(workshop, text):
    for floating in (False, True):
        workshop.compile(workshop.text("idiom.c", text), floating=floating, extra=["-DELF9_WARN"])


def test_headers_of_gcc_may_come_before_and_after(workshop):
    text = "#include <stdarg.h>\n#include <stdint.h>\n" + VALUE + "#include <stdarg.h>\n#include <stddef.h>\n"
    workshop.compile(workshop.text("mixed.c", text + "va_list list;\nint n(void){ return peek(list); }\n"))


def test_every_header_is_tested():
    known = {*NEEDS, "u.h", "elf9.h", "elf9va.h", "syscalls.h", "limits.h"}
    assert {path.name for path in INCLUDE.glob("*.h")} == known
