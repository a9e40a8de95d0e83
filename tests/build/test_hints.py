"""What a build says when a program wants what Plan 9, or elf9, does not have."""

from __future__ import annotations

import pytest

from elf9.build.hints import hints


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
