"""What a build says when a program wants what Plan 9, or elf9, does not have."""

from __future__ import annotations

import pytest

from elf9.build.hints import hints, without_false_advice
from elf9.build.paths import runtime_dir


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.c:3:10: fatal error: auth.h: No such file or directory", "elf9 does not have auth.h: "),
        ("a.c:3:10: fatal error: stdlib.h: No such file or directory", "APE's"),
        ("a.c:3:10: fatal error: nowhere.h: No such file or directory", None),
        ("./a.c:15: undefined reference to `printf'", "Plan 9 does not have printf: print, "),
        ("./a.c:15: undefined reference to `frob'", None),
        ("a.c:4:1: error: unknown type name 'FILE'; did you mean 'FILED'?", "Biobuf"),
        ("a.c:4:1: error: \x1b[01m\x1b[Kunknown type name ‘\x1b[01m\x1b[KFILE\x1b[m\x1b[K’\x1b[m", "Biobuf"),
        ("a.c:9:5: error: 'errno' undeclared (first use in this function)", "%r"),
        ("a.c:9:5: error: implicit declaration of function 'exit' [-Wimplicit]", "exits(nil)"),
        ("a.c:3:8: error: SSE register return with SSE disabled", "float=True"),
        ("error: '-mgeneral-regs-only' is incompatible with the use of floating-point types", "float=True"),
        ("a.c:9:5: warning: unused variable 'errno'", None),
    ],
)
def test_hints(text, words):
    said = hints(text)
    if words is None:
        assert said == []
    else:
        (line,) = said
        assert line.startswith("hint: ")
        assert words in line
        assert "`" not in line
        assert "](" not in line


@pytest.mark.parametrize(
    ("header", "error", "words"),
    [
        ("libc.h", "unknown type name 'usize'", "include u.h, in this order, before libc.h"),
        ("bio.h", "'IOUNIT' undeclared here (not in a function)", "include u.h and libc.h, in this order"),
        ("9p.h", "expected specifier-qualifier-list before 'Ref'", "u.h, libc.h, fcall.h and thread.h"),
        ("9p.h", "redefinition of 'struct Srv'", None),
    ],
)
def test_the_order_of_headers(header, error, words):
    said = hints(f"In file included from a.c:1:\n{runtime_dir()}/include/{header}:3:9: error: {error}\n")
    assert said == [] if words is None else words in said[0]
    assert hints(f"mine/{header}:3:9: error: {error}\n") == []


def test_advice_to_include_what_is_not_here_is_left_out():
    warning = "a.c:6:9: warning: implicit declaration of function 'printf'\n    6 |  printf(1);\n      |  ^~~~~~\n"
    shown = "    2 | #include <libc.h>\n  +++ |+#include <{0}>\n    3 | void\n"
    note = "a.c:3:1: note: '{1}' is defined in header '<{0}>'; did you forget to '#include <{0}>'?\n" + shown
    after = "a.c:9:1: error: expected ';'\n    9 | }\n"
    assert without_false_advice(warning + note.format("stdio.h", "printf") + after) == warning + after
    kept = warning + note.format("stdarg.h", "va_list") + after
    assert without_false_advice(kept) == kept


def test_each_is_said_once():
    text = "undefined reference to `printf'\nundefined reference to `printf'\nundefined reference to `exit'\n"
    assert len(hints(text)) == 2


def test_a_build_that_fails_says_them(workshop):
    workshop.write(
        {
            "hints/SConscript": 'Import("env")\nenv.Plan9Object("x.c")\n',
            "hints/x.c": "#include <u.h>\n#include <libc.h>\n#include <auth.h>\nvoid main(void) { exits(nil); }\n",
        }
    )
    done = workshop.only("hints")
    assert done.returncode == 2
    assert "auth.h: No such file" in done.stderr
    assert "hint: elf9 does not have auth.h: " in done.stderr
