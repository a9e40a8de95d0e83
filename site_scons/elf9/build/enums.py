"""An enum with a name is an int, as kencc has it.

GCC takes `unsigned int` for one without negative values: then `e < 0` is never true, and a function that is declared
with `Drawop` and defined with `int` has two types.  An enumerator that is negative, in front of the others, whose
values it does not change, makes it `int`.  Where a value is more than a small number the enumerator comes last, and is
negative if no such value is too large for an int.  Enums without a name are left alone, for nothing is declared with
them.

This looks at what the preprocessor made of a file (dialect.py).
"""

from __future__ import annotations

import re

__all__ = ["make_signed", "may_need"]

_U_H = b"\n#define long int\n"
_NAMED = rb"\b(?:typedef\s+enum(?:\s+\w+)?|enum\s+\w+)\s*\{"
_SUSPICIOUS = re.compile(_NAMED)
#: Comments and text are passed over.
_PASSED = rb"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_TOKEN = re.compile(
    _PASSED + rb"|(?P<head>" + _NAMED + rb")(?P<body>(?:" + _PASSED + rb"|[^{}\"'])*?)(?P<end>\})", re.DOTALL
)
_COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/|('(?:\\.|[^'\\\n])*')|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)
#: An enumerator with a value.
_VALUE = re.compile(rb"(\w+)\s*(?:__attribute__\s*\(\(.*\)\)\s*)?=(?!=)\s*(.*)", re.DOTALL)
#: One that is no doubt an int: numbers below 2**24, and those shifted by less than 8; 0 for a character.
_SMALL = re.compile(rb"-?\s*(?:0[xX][0-9a-fA-F]{1,6}|[0-9]{1,7})(?:\s*<<\s*[0-7])?")

#: With ELF9_WARN, GCC would miss the new enumerator in every switch.
_WARN = b"\n#define ELF9_WARN"
_QUIET = b'#pragma GCC diagnostic ignored "-Wswitch"\n'


def may_need(source: bytes) -> bool:
    """Could there be such an enum?"""
    return _SUSPICIOUS.search(source) is not None


def make_signed(text: bytes) -> bytes:
    """The text with a negative enumerator in each enum that has a name."""
    head, found, rest = text.partition(_U_H)
    count = 0

    def spell(match: re.Match[bytes]) -> bytes:
        nonlocal count
        if not match["head"] or b"_e9_enum" in match["body"]:
            return match[0]
        count += 1
        large = _perhaps_large(match["body"])
        if not large:
            return match["head"] + b"_e9_enum%d=-1," % count + match[0][len(match["head"]) :]
        body = match["body"].rstrip()
        comma = b"" if _COMMENT.sub(b"", body).rstrip().endswith(b",") else b","
        fits = b"&&".join(b"%s<=0x7fffffff" % name for name in large)
        blank = match["body"][len(body) :] or b" "
        if b"//" in body.rpartition(b"\n")[2]:
            blank, body = b"", match["body"]  # not into the comment
        return match["head"] + body + comma + b"_e9_enum%d=-(%s)" % (count, fits) + blank + b"}"

    spelled = _TOKEN.sub(spell, rest)
    return head + found + (_QUIET if count and _WARN in head else b"") + spelled


def _perhaps_large(body: bytes) -> list[bytes]:
    """The enumerators whose values could be too large for an int."""
    plain = _COMMENT.sub(lambda match: b"0" if match[1] else b"", body)
    depth = start = 0
    names = []
    for at, sign in enumerate(plain + b","):
        depth += (sign in b"([") - (sign in b")]")
        if sign == ord(",") and not depth:
            value = _VALUE.fullmatch(plain[start:at].strip())
            if value and not _SMALL.fullmatch(value[2].strip()):
                names.append(value[1])
            start = at + 1
    return names
