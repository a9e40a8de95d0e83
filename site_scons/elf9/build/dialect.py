"""What kencc accepts, GCC does not, and a few letters turn into C that GCC takes.

Plan 9's dialect is mostly headers and flags (docs/porting.md).  Nine things are between GCC's parser itself
and files that include u.h:

- `L"text"` is an array of Rune, which is unsigned; GCC's is one of int on amd64.  `U"text"` is unsigned.
- `long long` after `#define long int` is `int int`: it becomes `vlong`, with `unsigned` `uvlong`; `long int` and
  `int long` become `long`, `long double` `double`.
- `~0UL >> 1` is computed in 32 bits, GCC's in 64: the `L` goes, as that of `1.5L`.  `1LL` stays.
- `uchar` and `ushort` become `uint` in an expression, GCC's `int`: `p[0]<<24` in one of 64 bits is not negative.
  `_e9u(p[0])<<24`, a macro of u.h, is not either.  (Other operators overflow too late to matter.)
- `0xe+1` is a sum, to GCC a number that makes no sense: a blank ends it.
- `{ .member value }`: GCC wants `.member=value`.
- `char Enomem[];` in a header: GCC takes it for an array of one element; `extern` makes it a declaration.
- `const` means nothing in a type, so `f(const char*)` and `f(char*)` are the same: it goes where a pointer follows,
  and stays with variables, which lie in read-only memory for it.
- `#pragma pack on` and `off` are `pack(1)` and `pack()`.

The change is made in the preprocessor's output, between its two halves, in place: what GCC says about a
line names the line that the programmer wrote, and but for shifts and `0xe+1` the column.
"""

from __future__ import annotations

import re
from collections.abc import Container

__all__ = ["PREPROCESS", "PREPROCESSED", "may_need", "spell", "translate"]

#: GCC's flags to stop after `#include` and `#if`, and to go on from there.
PREPROCESS = ("-E", "-fdirectives-only", "-Wno-comment", "-Wno-endif-labels", "-Wno-trigraphs")
PREPROCESSED = ("-x", "c", "-fpreprocessed", "-fdirectives-only")

#: `long` among other words of its type, in any order.
_WORD = rb"(?:unsigned|signed|int|double|long)\b"
_LONGS = rb"\b(?:(?:(?:unsigned|signed|int|double)[ \t]+)+long\b|long[ \t]+" + _WORD + rb")(?:[ \t]+" + _WORD + rb")*"
_BLANK = rb"(?:\s|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n]*)*"
_MEMBER = rb"(?<=[{,])" + _BLANK + rb"\.[A-Za-z_]\w*(?:\s+(?!" + _BLANK + rb"[=.,}\[\\])(?=\S)|(?=[\"'{(&]))"

_TYPE = rb"(?:struct[ \t]+\w+|(?:(?:un)?signed[ \t]+)?(?:u?(?:char|short|int|long|vlong)|schar|float|double|Rune))\b"
#: Not the last member of a struct.
_ARRAY = rb"^(?=" + _TYPE + rb"[\w \t*,\[\]]*\[\][ \t]*;(?!" + _BLANK + rb"\}))"

#: The digits of a constant in front of its `L`: not those of a float, and not all of `1LL`.
_LONG = rb"(?<![\w.])(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:[uU][lL]|[lL][uU]?)(?!\w)"

_FLOAT = rb"(?<![\w.])(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?[lL]\b"

_HEX_E = rb"(?<![\w.])0[xX][0-9a-fA-F]*[eE](?=[+-])"

#: Of what is pointed to.
_CONST = rb"\bconst\b(?=(?:[ \t]+\w+){0,3}[ \t]*\*)"
_PACK = rb"^[ \t]*#[ \t]*pragma[ \t]+pack[ \t]+\w+"

#: A shift of what is no constant, perhaps behind a comment.
_SHIFT = rb"(?:\b[A-Za-z_]\w*|\)\s*\w+|[\])/\\]|\+\+|--|^)\s*<<(?!=)"

_SUSPICIOUS = re.compile(
    b"|".join([rb'(?<!\w)L"', _LONGS, _MEMBER, _ARRAY, _LONG, _FLOAT, _HEX_E, _CONST, _PACK, _SHIFT]),
    re.MULTILINE,
)

#: Comments and text are passed over; what changes has a name.
_TOKEN = re.compile(
    rb"(?P<comment>//[^\n]*|/\*.*?\*/)"
    rb'|\b(?:u8|[uUL])?R"(?P<raw>[^()\\\s"]{0,16})\(.*?\)(?P=raw)"'
    rb'|(?P<wide>(?<!\w)L(?="))'
    rb'|"(?:\\.|[^"\\\n])*"'
    rb"|'(?:\\.|[^'\\\n])*'"
    rb"|(?P<longs>" + _LONGS + rb")"
    rb"|(?P<member>" + _MEMBER + rb")"
    rb"|(?P<array>" + _ARRAY + rb")"
    rb"|(?P<constant>" + _LONG + rb")"
    rb"|(?P<float>" + _FLOAT + rb")"
    rb"|(?P<hexadecimal>" + _HEX_E + rb")"
    rb"|(?P<const>" + _CONST + rb")"
    rb"|(?P<pack>" + _PACK + rb")"
    rb"|(?P<shift><<(?!=))",
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
    made = bytearray()
    #: `made` with blanks for comments and for the ends of lines that go on.
    plain = bytearray()
    at = 0
    for match in _TOKEN.finditer(text):
        between = text[at : match.start()]
        made += between
        plain += between.replace(b"\\\n", b"  ")
        at = match.end()
        if match["shift"]:
            _promote(made, plain)
        new = _spell(match)
        made += new
        plain += _INKED.sub(b" ", new) if match["comment"] else new
    return bytes(made) + text[at:]


_INKED = re.compile(rb"[^\n]")

#: What makes u.h's macro for an operand of a shift.
_PROMOTED = b"_e9u("
#: Words that a bracket may stand behind without being called: an expression follows these,
_LEADING = frozenset(b"return case else do goto".split())
#: but not these, or not one to promote.
_NO_NAMES = _LEADING | frozenset(b"if while for switch sizeof typedef define".split())
_BLANKS = b" \t\r\n\f\v"
_LETTERS = b"_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: The last line, if it is a directive: what is behind a macro's name and parameters is an expression.
_DIRECTIVE = re.compile(rb"[ \t]*#[ \t]*(?:define[ \t]+\w+(?:\([^()\n]*\))?)?")
#: A directive before the last line.
_DIRECTIVES = re.compile(rb"^[ \t]*#[^\n]*\n", re.MULTILINE)
#: Bytes of an operand, at most.
_LONGEST = 1000


def _promote(made: bytearray, plain: bytearray) -> None:
    """Put the operand that `made` ends with into u.h's macro, if it is one whose type could be uchar or ushort."""
    text = bytes(plain[-_LONGEST:])
    first = _first(text)
    end = len(text.rstrip(_BLANKS))
    at = _operand(text[first:end]) if 0 <= first < end else -1
    if at < 0 or (first + at == 0 and len(text) == _LONGEST):
        return
    begin, behind = first + at - len(text), end - len(text)
    word = text[: first + at][-1:]
    opening = b" " + _PROMOTED if word.isalnum() or word == b"_" else _PROMOTED
    for line in (made, plain):
        line[len(line) + behind : len(line) + behind] = b")"
        line[len(line) + begin - 1 : len(line) + begin - 1] = opening


def _first(text: bytes) -> int:
    """Where in the text the operand of a shift at its end may begin: behind directives; -1 if it is in one."""
    if b"#" not in text:
        return 0
    last = text.rfind(b"\n") + 1
    if directive := _DIRECTIVE.match(text, last):
        return directive.end() if b"define" in directive[0] else -1
    return max((match.end() for match in _DIRECTIVES.finditer(text)), default=0)


def _operand(text: bytes) -> int:
    """Where the operand that `text` ends with begins; -1 if it should stay, or is not understood."""
    at = len(text)
    while text[:at].endswith((b"++", b"--")):
        at -= 2
    while True:
        at = len(text[:at].rstrip(_BLANKS))
        last = text[at - 1 : at]
        if last in {b")", b"]"}:
            start = _opening(text, at)
            if start < 0 or (last == b")" and b"<<" in text[start:at]):
                return -1  # such a sum has been promoted
            at = start
            before = text[:at].rstrip(_BLANKS)
            name = _name(before)
            if before.endswith((b")", b"]")) or (name and name not in _NO_NAMES):
                continue
            if last == b"]" or (name and name not in _LEADING):
                return -1
            break
        name = _name(text[:at])
        if not name or name in _NO_NAMES:
            return -1
        at -= len(name)
        before = text[:at].rstrip(_BLANKS)
        if name[:1].isdigit() and not _is_narrowed(before):
            return -1
        if before.endswith(b"->"):
            at = len(before) - 2
        elif before.endswith(b".") and not before.endswith(b".."):
            at = len(before) - 1
        else:
            break
    if text.startswith(_PROMOTED, at):
        return -1
    at = _prefix(text, at)
    before = text[: max(at, 0)].rstrip(_BLANKS)
    # sizeof makes an int; a name may be one of the halves of ##
    return -1 if before.endswith(b"#") or _name(before) in {b"sizeof", b"_Alignof", b"__alignof__"} else at


def _name(text: bytes) -> bytes:
    """The name or number that the text ends with, or nothing."""
    return text[len(text.rstrip(_LETTERS)) :]


def _opening(text: bytes, end: int) -> int:
    """Where the bracket opens that closes before `end`; -1 if there is a text or a comment in between."""
    depth = 0
    for at in range(end - 1, -1, -1):
        sign = text[at : at + 1]
        if sign in {b")", b"]"}:
            depth += 1
        elif sign in {b"(", b"["}:
            depth -= 1
            if depth == 0:
                return at
        elif sign in {b'"', b"'", b";", b"{", b"}", b"\\"} or text[at : at + 2] in {b"//", b"/*"}:
            return -1
    return -1


#: A cast to what is promoted, and any other.
_NARROW = re.compile(rb"\(\s*(?:(?:unsigned\s+)?(?:char|short)|uchar|ushort|u8int|u16int)\s*\)")
_CAST = re.compile(rb"\(\s*[A-Za-z_][\w\s*]*\)")
#: A `*` behind it has one operand.
_BEFORE_UNARY = b"(,=|&+-!~?:;{[<>*/%^"


def _prefix(text: bytes, at: int) -> int:
    """Where the operand begins with its casts, `*`, `++` and `--`; -1 if that is not clear."""
    while True:
        before = text[:at].rstrip(_BLANKS)
        if before.endswith((b"++", b"--")):
            outer = before[:-2].rstrip(_BLANKS)
            if before[-3:-2] in {b"+", b"-"} or outer.endswith((b")", b"]")) or _name(outer):
                return -1
            at = len(before) - 2
        elif before.endswith(b"*") and _is_unary(before[:-1].rstrip(_BLANKS)):
            at = len(before) - 1
        elif before.endswith(b")"):
            start = _opening(before, len(before))
            name = _name(before[: max(start, 0)].rstrip(_BLANKS))
            if start < 0 or not _CAST.fullmatch(before, start) or (name and name not in _LEADING):
                return -1  # it may be that of an `if`
            at = start
        else:
            return at


def _is_narrowed(before: bytes) -> bool:
    """Is what follows cast to a type that is promoted?"""
    return _NARROW.fullmatch(before, max(before.rfind(b"("), 0)) is not None


def _is_unary(before: bytes) -> bool:
    """Has a `*` behind that one operand?"""
    if before.endswith(b")"):
        return _is_narrowed(before)
    return before[-1:] in _BEFORE_UNARY if before and not _name(before) else _name(before) in {b"return", b"case"}


def _spell(match: re.Match[bytes]) -> bytes:
    word = match[0]
    if match["wide"]:
        return b"U"
    if match["longs"]:
        words = word.split()
        if words.count(b"long") == 2:
            return b"uvlong" if b"unsigned" in words else b"vlong"
        return re.sub(rb"\blong\b" if b"double" in words else rb"\bint\b", _blanks, word)
    if match["member"]:
        at = len(word.rstrip())
        # a blank gives way, so that the columns stay
        return word[:at] + b"=" + (word[at + 1 :] if word[at : at + 1] in {b" ", b"\t"} else word[at:])
    if match["constant"]:
        return word.rstrip(b"lL") + b" " if word[-1] in b"lL" else word[:-2] + word[-1:] + b" "
    if match["float"]:
        return word[:-1] + b" "
    if match["hexadecimal"]:
        return word + b" "
    if match["const"]:
        return b" " * len(word)
    if match["pack"]:
        return b"#pragma pack(1)" if word.endswith((b"on", b"yes")) else b"#pragma pack()"
    if match["array"] is not None:
        return b"extern "
    return word


def _blanks(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])
