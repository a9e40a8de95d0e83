"""docs/library.md: made from the headers, and nothing is missing.  tests/conformance/surface.c links what it lists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[3]
SURFACE = Path(__file__).with_name("surface.txt")


@pytest.fixture(scope="module")
def maker() -> SimpleNamespace:
    """The script's names."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "runtime" / "mklibrary.py")))


@pytest.fixture(scope="module")
def state(maker):
    """(library, names, defined)."""
    return maker.read_text(), maker.names_of_headers(), maker.definitions()


def test_page_and_program_are_up_to_date(maker, state):
    maker.check(*state)
    again = "run runtime/mklibrary.py write"
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(*state), again
    assert maker.PROGRAM.read_text(encoding="utf-8") == maker.program(*state[1:]), again


def test_surface_of_plan9_is_declared_and_listed(state):
    library, names, _ = state
    listed = {name for section in library.sections for entry in section.entries for name in entry.names}
    header = ""
    for line in SURFACE.read_text(encoding="utf-8").splitlines():
        if line.startswith("\t"):
            for name in line.split():
                assert name in listed
                assert names[name].header == header, name
        elif not line.startswith("#"):
            header = line


@pytest.mark.parametrize(
    ("name", "kind", "declaration"),
    [
        ("print", "function", "int print(char*, ...)"),
        ("doquote", "variable", "int (*doquote)(int)"),
        ("argv0", "variable", "char *argv0"),
        ("_ctype", "variable", "unsigned char _ctype[]"),
        ("setjmp", "function", "int setjmp(jmp_buf)"),
        ("exits", "function", "void exits(char*)"),
        ("Bgetc", "function", "int Bgetc(Biobufhdr*)"),
        ("notify", "function", "int notify(void(*)(void*, char*))"),
        ("getcallerpc", "macro", "uintptr getcallerpc(void*)"),
        ("nelem", "macro", "nelem(x)"),
        ("Runeerror", "constant", "Runeerror"),
        ("FPDAZ", "macro", "FPDAZ"),
        ("Dirgen", "type", "Dirgen"),
        ("vlong", "type", "vlong"),
        ("jmp_buf", "type", "jmp_buf"),
        ("Ureg", "type", "Ureg"),
    ],
)
def test_names(state, name, kind, declaration):
    found = state[1][name]
    assert (found.kind, found.declaration) == (kind, declaration)


def test_libraries_and_flavours(state):
    defined = state[2]
    assert defined["print"] == ("libc", False)
    assert defined["memmove"] == ("libc", False)
    assert defined["open"] == ("libc", False)
    assert defined["strtod"] == ("libc", True)
    assert defined["Bgetd"] == ("libbio", True)
    assert defined["exec"] == ("libc", False)
    assert "auth9p" not in defined


def test_nothing_is_silently_missing(maker, state):
    library, names, defined = state
    first = library.sections[0]
    without = library._replace(sections=[first._replace(entries=first.entries[1:]), *library.sections[1:]])
    with pytest.raises(maker.LibraryError, match=r"u\.h: uchar has no sentence"):
        maker.check(without, names, defined)
    new = names | {"frob": maker.Name("frob", "function", "libc.h", "int frob(void)")}
    with pytest.raises(maker.LibraryError, match=r"libc\.h: frob has no sentence"):
        maker.check(library, new, defined)
    fewer = {name: value for name, value in defined.items() if name != "print"}
    with pytest.raises(maker.LibraryError, match=r"print is declared by libc\.h, and nothing defines it"):
        maker.check(library, names, fewer)
    with pytest.raises(maker.LibraryError, match="auth9p is absent, but lib9p defines it"):
        maker.check(library, names, defined | {"auth9p": ("lib9p", False)})
    with pytest.raises(maker.LibraryError, match="strlen is in none of the headers"):
        maker.check(library, {name: value for name, value in names.items() if name != "strlen"}, defined)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("print: prints", "lib:1: expected names"),
        ("@ print\nprint", "lib:2: expected names"),
        ("@ print\n\tdiffers", "lib:2: a difference without a name"),
        ("! auth.h libauth", "lib:1: expected `: ` and a reason"),
    ],
)
def test_text_that_is_wrong(maker, tmp_path, text, words):
    (tmp_path / "lib").write_text(text, encoding="utf-8")
    with pytest.raises(maker.LibraryError, match=re.escape(words)):
        maker.read_text(tmp_path / "lib")


def test_links_of_the_page_lead_somewhere(maker):
    text = maker.PAGE.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)", text, flags=re.M)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert len(anchors) == len(headings), "two headings have one anchor"
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


def test_usage(maker, capsys):
    assert maker.main([]) == 2
    assert "mklibrary.py write" in capsys.readouterr().err
    assert maker.main(["program"]) == 0
    assert "(void*)&print," in capsys.readouterr().out
