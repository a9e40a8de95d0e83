"""`#!` lines against facts/exec.md §5 and facts/observed-amd64.md §a3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.image import ExecError, Script, plan
from elf9.image.script import tokenize
from elf9.target import TARGETS

AMD64 = TARGETS["amd64"]


def script(head: bytes) -> Script:
    made = plan(head, AMD64)
    assert isinstance(made, Script)
    return made


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"#!/boot/prog -x yy", [b"/boot/prog", b"-x", b"yy"]),
        (b"#! \t/bin/rc\r", [b"/bin/rc"]),
        (b"#!/bin/rc 'a b' c", [b"/bin/rc", b"a b", b"c"]),
        (b"#!/bin/rc 'it''s'", [b"/bin/rc", b"it's"]),
        (b"#!/bin/rc a'b c'd", [b"/bin/rc", b"ab cd"]),
        (b"#!/bin/rc ''", [b"/bin/rc", b""]),
        (b"#!/bin/rc 'open a", [b"/bin/rc", b"open a"]),
        (b"#!/bin/rc a\0b c", [b"/bin/rc", b"a"]),
        (b"#!rc", [b"rc"]),
        (b"#!/bin/rc \xc3\xa9\xff", [b"/bin/rc", b"\xc3\xa9\xff"]),
        (b"#!''''", [b"'"]),
    ],
)
def test_words(line, words):
    assert script(line + b"\nrest 'of the script\n").words == words


@pytest.mark.parametrize("line", [b"#!\n", b"#! \t\r\n", b"#!\0/bin/rc\n", b"#!/bin/rc", b"#!", b"#!x", b"# /bin/rc\n"])
def test_refused(line):
    with pytest.raises(ExecError, match="exec header invalid"):
        plan(line, AMD64)


def test_the_newline_may_be_byte_256_but_not_257():
    assert script(b"#!/" + b"x" * 252 + b"\n").words == [b"/" + b"x" * 252]
    with pytest.raises(ExecError, match="exec header invalid"):
        plan(b"#!/" + b"x" * 253 + b"\n", AMD64)


def test_31_words_are_all_and_32_overrun_the_kernels_array():
    assert len(script(b"#!" + b"w " * 31 + b"\n").words) == 31
    for count in (32, 33, 60):
        with pytest.raises(ExecError, match="empty file name"):
            plan(b"#!" + b"w " * count + b"\n", AMD64)


def test_arguments():
    """{sh_ok, A1} run as /boot/sh_ok (facts/observed-amd64.md §a3)."""
    made = script(b"#!/boot/prog -x yy\n")
    assert made.interpreter == b"/boot/prog"
    assert made.arguments(b"sh_ok", b"/boot/sh_ok", [b"zero", b"A1"]) == [b"sh_ok", b"-x", b"yy", b"/boot/sh_ok", b"A1"]


words = st.lists(st.text(st.characters(blacklist_characters="\0\n", blacklist_categories=["Cs"])), max_size=40)


@given(words, st.sampled_from([b" ", b"\t", b"\r", b"  \t"]))
def test_quoted_words_come_back(words, separator):
    line = separator.join(b"'" + word.encode().replace(b"'", b"''") + b"'" for word in words)
    assert tokenize(line, 32) == [word.encode() for word in words][:32]


@given(st.binary(), st.integers(0, 32))
def test_tokenize_takes_anything(line, limit):
    assert len(tokenize(line, limit)) <= limit
