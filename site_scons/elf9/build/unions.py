"""Unnamed members of a union with members of the same names.

`union { Ehdr; E64hdr; } *p`, where both have a `type`, is fine for kencc: a pointer to one of them is set to `p`, and
`type` is found there.  To GCC it is an error.  All that is in a union begins where the union does, so a name for
the later one, as in `E64hdr E64hdr;`, changes nothing but how its members are reached, which was ambiguous
anyway.  In a struct it would, so there the error stays.

This looks at what the preprocessor made of a file (dialect.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["name_members"]

_UNION = re.compile(rb"\bunion\b\s*\w*\s*\{")
_TOKEN = re.compile(rb"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[{};]", re.DOTALL)
_UNNAMED = re.compile(rb"\s*(?:(?:struct|union)\s+)?(\w+)\s*")
#: The name in a declarator: `*name[10]`, `(*name)(int)`, `name: 3`.
_NAME = re.compile(rb"\(\s*\*+\s*(\w+)|(\w+)\s*(?:\[[^]]*\]\s*)*(?::[^:]*)?$")

#: A pointer to the union is set to a pointer to what has a name now.
_QUIET = b'#pragma GCC diagnostic ignored "-Wincompatible-pointer-types"\n'
_U_H = b"\n#define long int\n"


def name_members(text: bytes) -> bytes:
    """The text with names for the members that GCC would refuse."""
    places = []
    for found in _UNION.finditer(text):
        seen: set[bytes] = set()
        for start, end in _statements(text, found.end()):
            names = _names(text, start, end)
            if (unnamed := _UNNAMED.fullmatch(text, start, end)) and names & seen:
                places.append((unnamed.end(1), b" " + unnamed[1]))
            seen |= names
    for at, name in sorted(places, reverse=True):
        text = text[:at] + name + text[at:]
    return text.replace(_U_H, _U_H + _QUIET, 1) if places else text


def _statements(text: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Where the declarations of a struct's or union's body begin and end, without those in inner bodies."""
    depth = 1
    for match in _TOKEN.finditer(text, start):
        token = match[0]
        if token == b"{":
            depth += 1
        elif token == b"}":
            depth -= 1
            if not depth:
                return
        elif token == b";" and depth == 1:
            yield start, match.start()
            start = match.end()
        elif depth == 1 and not text[start : match.start()].strip():
            start = match.end()  # a comment in front of a declaration


def _names(text: bytes, start: int, end: int) -> set[bytes]:
    """What a declaration adds to the names in a struct or union."""
    if unnamed := _UNNAMED.fullmatch(text, start, end):
        body = _body(text[:start], unnamed[1])
        return _members(text, body) if body is not None else set()
    _, brace, after = re.sub(rb"//[^\n]*|/\*.*?\*/", b"", text[start:end], flags=re.DOTALL).rpartition(b"}")
    if brace and not after.strip():
        return _members(text, text.index(b"{", start, end) + 1)
    found = [_NAME.search(declarator.strip()) for declarator in after.split(b",")]
    return {match[1] or match[2] for match in found if match}


def _members(text: bytes, body: int) -> set[bytes]:
    """The names in the body that begins there."""
    return {name for start, end in _statements(text, body) for name in _names(text, start, end)}


def _body(text: bytes, name: bytes) -> int | None:
    """Where the body of `struct NAME {` or `typedef struct {...} NAME;` begins."""
    word = re.escape(name)
    if match := re.search(rb"\b(?:struct|union)\s+" + word + rb"\s*\{", text):
        return match.end()
    for match in re.finditer(rb"\btypedef\s+(?:struct|union)\s*\w*\s*\{", text):
        end = max((end for _, end in _statements(text, match.end())), default=match.end())
        if re.compile(rb";?[^{};]*\}\s*" + word + rb"\s*;").match(text, end):
            return match.end()
    return None
