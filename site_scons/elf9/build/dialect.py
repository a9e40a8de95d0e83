"""What kencc accepts, GCC does not, and a few letters turn into C that GCC takes.

Plan 9's dialect is mostly headers and flags (docs/porting.md).  Seven things are between GCC's parser itself
and files that include u.h:

- `L"text"` is an array of Rune, which is unsigned; GCC's is one of int on amd64.  `U"text"` is unsigned.
- `long long` after `#define long int` is `int int`: it becomes `vlong`, with `unsigned` `uvlong`.
- `~0UL >> 1` is computed in 32 bits, GCC's in 64: the `L` goes.  `1LL` stays.
- `{ .member value }`: GCC wants `.member=value`.
- `char Enomem[];` in a header: GCC takes it for an array of one element; `extern` makes it a declaration.
- `const` means nothing in a type, so `f(const char*)` and `f(char*)` are the same: it goes where a pointer follows,
  and stays with variables, which lie in read-only memory for it.
- `#pragma pack on` and `off` are `pack(1)` and `pack()`.

The change is made in the preprocessor's output, between its two halves, in place: what GCC says about a
line names the line and column that the programmer wrote.
"""

from __future__ import annotations

import re
from collections.abc import Container

__all__ = ["PREPROCESS", "PREPROCESSED", "may_need", "spell", "translate"]

#: GCC's flags to stop after `#include` and `#if`, and to go on from there.
PREPROCESS = ("-E", "-fdirectives-only", "-Wno-comment", "-Wno-endif-labels", "-Wno-trigraphs")
PREPROCESSED = ("-x", "c", "-fpreprocessed", "-fdirectives-only")

_LONG_LONG = rb"\b(?:(?:un)?signed[ \t]+)?long[ \t]+long\b(?:[ \t]+(?:un)?signed\b)?(?:[ \t]+int\b)?"
_BLANK = rb"(?:\s|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n]*)*"
_MEMBER = rb"(?<=[{,])" + _BLANK + rb"\.[A-Za-z_]\w*\s+(?=[^\s=.,}\[])"

_TYPE = rb"(?:struct[ \t]+\w+|(?:(?:un)?signed[ \t]+)?(?:u?(?:char|short|int|long|vlong)|schar|float|double|Rune))\b"
_ARRAY = rb"^(?=" + _TYPE + rb"[\w \t*,\[\]]*\[\][ \t]*;)"

#: The digits of a constant in front of its `L`: not those of a float, and not all of `1LL`.
_LONG = rb"(?<![\w.])(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:[uU][lL]|[lL][uU]?)(?!\w)"

#: Of what is pointed to.
_CONST = rb"\bconst\b(?=(?:[ \t]+\w+){0,3}[ \t]*\*)"
_PACK = rb"^[ \t]*#[ \t]*pragma[ \t]+pack[ \t]+\w+"

_SUSPICIOUS = re.compile(
    b"|".join([rb'(?<!\w)L"', _LONG_LONG, _MEMBER, _ARRAY, _LONG, _CONST, _PACK]),
    re.MULTILINE,
)

#: Comments and text are passed over; what changes has a name.
_TOKEN = re.compile(
    rb"//[^\n]*|/\*.*?\*/"
    rb'|(?P<wide>(?<!\w)L(?="))'
    rb'|"(?:\\.|[^"\\\n])*"'
    rb"|'(?:\\.|[^'\\\n])*'"
    rb"|(?P<longlong>" + _LONG_LONG + rb")"
    rb"|(?P<member>" + _MEMBER + rb")"
    rb"|(?P<array>" + _ARRAY + rb")"
    rb"|(?P<constant>" + _LONG + rb")"
    rb"|(?P<const>" + _CONST + rb")"
    rb"|(?P<pack>" + _PACK + rb")",
    re.DOTALL | re.MULTILINE,
)

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)', re.MULTILINE)

#: u.h, after the preprocessor.
_U_H = b"\n#define long int\n"


def may_need(source: bytes, headers: Container[str] = ()) -> bool:
    """Could there be something to translate?  It may as well be in a comment, or in a header not among `headers`."""
    if _SUSPICIOUS.search(source) is not None:
        return True
    return any(name.decode(errors="replace") not in headers for name in _INCLUDE.findall(source))


def translate(text: bytes) -> bytes | None:
    """The preprocessor's output with GCC's spelling; None where u.h is not included, or nothing changes."""
    head, found, rest = text.partition(_U_H)
    if not found:
        return None
    translated = spell(rest)
    return head + found + translated if translated != rest else None


def spell(text: bytes) -> bytes:
    """Text behind u.h with GCC's spelling."""
    return _TOKEN.sub(_spell, text)


def _spell(match: re.Match[bytes]) -> bytes:
    word = match[0]
    if match["wide"]:
        return b"U"
    if match["longlong"]:
        return b"uvlong" if b"unsigned" in word else b"vlong"
    if match["member"]:
        at = len(word.rstrip())
        # a blank gives way, so that the columns stay
        return word[:at] + b"=" + word[at + 1 :] if word[at] in b" \t" else word[:at] + b"=" + word[at:]
    if match["constant"]:
        return word.rstrip(b"lL") + b" " if word[-1] in b"lL" else word[:-2] + word[-1:] + b" "
    if match["const"]:
        return b" " * len(word)
    if match["pack"]:
        return b"#pragma pack(1)" if word.endswith((b"on", b"yes")) else b"#pragma pack()"
    if match["array"] is not None:
        return b"extern "
    return word
