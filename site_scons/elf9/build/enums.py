"""An enum with a name is an int, as kencc has it.

GCC takes `unsigned int` for one without negative values: then `e < 0` is never true, and a function that is declared
with `Drawop` and defined with `int` has two types.  An enumerator that is negative, in front of the others, whose
values it does not change, makes it `int`.  Enums without a name are left alone, for nothing is declared with them;
so are those with a value that is too large for an int.

This looks at what the preprocessor made of a file (dialect.py).
"""

from __future__ import annotations

import re

__all__ = ["make_signed", "may_need"]

_U_H = b"\n#define long int\n"
_NAMED = rb"\b(?:typedef\s+enum(?:\s+\w+)?|enum\s+\w+)\s*\{"
_SUSPICIOUS = re.compile(_NAMED)
#: Comments and text are passed over.
_TOKEN = re.compile(
    rb"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|(?P<head>"
    + _NAMED
    + rb")(?P<body>(?:/\*.*?\*/|//[^\n]*|[^{}])*?\})",
    re.DOTALL,
)
_LARGE = re.compile(rb"0[xX][89a-fA-F][0-9a-fA-F]{7}\b|<<\s*31\b|\b\d{10,}|[lL]{2}\b")


def may_need(source: bytes) -> bool:
    """Could there be such an enum?"""
    return _SUSPICIOUS.search(source) is not None


def make_signed(text: bytes) -> bytes:
    """The text with a negative enumerator in each enum that has a name."""
    head, found, rest = text.partition(_U_H)
    count = 0

    def spell(match: re.Match[bytes]) -> bytes:
        nonlocal count
        if not match["head"] or b"_e9_enum" in match["body"] or _LARGE.search(match["body"]):
            return match[0]
        count += 1
        return match["head"] + b"_e9_enum%d=-1," % count + match["body"]

    return head + found + _TOKEN.sub(spell, rest)
