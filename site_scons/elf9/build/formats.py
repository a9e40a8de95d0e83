"""`#pragma varargck`: are the arguments of print what its format says?

Plan 9's headers declare which functions take a format (`argpos`), what each verb takes (`type`) and
which characters between `%` and the verb mean nothing here (`flag`); kencc -F compares every call with a
constant format to that (facts/libc.md §8).  GCC knows neither the verbs nor the pragmas, but it knows
types.  So the preprocessed source is given to it once more with a `_Static_assert` added to each such
call, and those that fail become warnings.  Nothing of that reaches an object.

As in kencc the order of flags does not matter, `x` and `X` are like `o`, `z` is like `ll`, and a `*`
takes an int.  Any pointer goes where `void*` is declared, and nil where any pointer is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

__all__ = ["EXPAND", "RECHECK", "check", "may_need"]

#: GCC's flags for the preprocessor alone, and for looking at what comes out of it again.
EXPAND = ("-E", "-w")
RECHECK = ("-fsyntax-only", "-fpreprocessed", "-w", "-fmax-errors=0", "-fno-diagnostics-show-caret", "-x", "c")

_PRAGMA = re.compile(
    r"^[ \t]*#[ \t]*pragma[ \t]+varargck[ \t]+(?:argpos[ \t]+(\w+)[ \t]+(\d+)"
    r'|type[ \t]+"([^"\n]+)"[ \t]+(\w+)([ \t*]*)'
    r"|flag[ \t]+'\\?([^\n])')",
    re.MULTILINE,
)
_LINE = re.compile(r'^# (\d+) "((?:\\.|[^"\\\n])*)".*\n', re.MULTILINE)
_TEXT = r'"(?:\\.|[^"\\\n])*"'
_MARK = re.compile(r"^#.*\n", re.MULTILINE)
_STRINGS = re.compile(rf"(?:\s|{_TEXT})*")
_PART = re.compile(rf"{_TEXT}|'(?:\\.|[^'\\\n])*'|[][(){{}},]")
_WIDE = re.compile(r"[(\s]*sizeof\b|[-+*/%&|^~<>()\s]*\d\w*(?:[-+*/%&|^~<>()\s]|\b\d\w*)*$")
_FAILED = re.compile(r'static assertion failed: \\?"elf9 (\d+)')
_ACTUAL = re.compile(r"expected 'struct _E9_(\d+)' but argument is of type '([^']*)'")

#: long long is another type to GCC than vlong, of the same size: 100LL.
_SAME = {
    **dict.fromkeys(("vlong", "intptr", "s64int"), "long long"),
    **dict.fromkeys(("uvlong", "uintptr", "u64int", "usize"), "unsigned long long"),
}

#: Verbs that libc.h declares for programs with float=True only.
_DOUBLE = "efgEFG"

_NUMBERS = ("int", "uint", "ulong")

#: GCC's names of what Plan 9's headers call otherwise.
_NAMES = {
    **dict.fromkeys(("long int", "long long int"), "vlong"),
    **dict.fromkeys(("long unsigned int", "long long unsigned int"), "uvlong"),
    "unsigned int": "uint",
}


class _Pragmas:
    """What the pragmas of a source and its headers say."""

    def __init__(self, text: str) -> None:
        #: Function -> which argument is the format, from 1.
        self.functions: dict[str, int] = {}
        #: (how many l, verb) -> types, as they are declared.
        self.verbs: dict[tuple[int, str], list[str]] = {}
        self.ignored = set("0123456789.#uh+-")
        types: list[tuple[str, str]] = []
        for function, position, verb, name, stars, flag in _PRAGMA.findall(text):
            if function:
                self.functions[function] = int(position)
            elif flag:
                self.ignored.add(flag)
            else:
                types.append((verb, name + stars.replace(" ", "").replace("\t", "")))
        for verb, name in types:
            for _, key, _ in self.parse("%" + verb):
                known = self.verbs.setdefault(key, [])
                if name not in known:
                    known.append(name)

    def parse(self, format: str) -> Iterator[tuple[str, tuple[int, str], int]]:
        """Each conversion: as it is written, its key in `verbs`, how many stars; the verb is "" at the end."""
        at = format.find("%")
        while at >= 0:
            end, stars, longs, verb = at + 1, 0, 0, ""
            for end in range(at + 1, len(format)):
                letter = format[end]
                if letter == "*":
                    stars += 1
                elif letter == "l":
                    longs += 1
                elif letter == "z":
                    longs = 2
                elif letter not in self.ignored:
                    verb = letter
                    break
            yield format[at : end + 1], (min(longs, 2), "o" if verb in ("x", "X") else verb), stars
            at = format.find("%", end + 1)


class _Call:
    """A call of a function that takes a format: where its arguments are in the text."""

    __slots__ = ("arguments", "close", "function")

    def __init__(self, function: str, arguments: list[tuple[int, int]], close: int) -> None:
        self.function = function
        self.arguments = arguments
        self.close = close


def may_need(source: bytes) -> bool:
    """Is there a conversion in the source at all?"""
    return b"%" in source


def check(expanded: bytes, compile_: Callable[[bytes], str]) -> list[str]:
    """The warnings, `file:line: warning: ...`, about a preprocessed source in GCC's spelling (dialect.py).

    `compile_` gives a text to GCC with the flags RECHECK and returns its messages.
    """
    text = expanded.decode(errors="surrogateescape")
    pragmas = _Pragmas(text)
    if not pragmas.functions:
        return []
    lines = _Lines(text)
    warnings: dict[str, int] = {}
    claims: list[_Claim] = []
    for call in _calls(text, pragmas.functions):
        for place, problem in _compare(text, call, pragmas, claims):
            warnings.setdefault(f"{lines.name(place)}: warning: {problem}", place)
    for claim, actual in _refuted(text, claims, compile_):
        problem = f"{claim.what}, but argument {claim.number} of {claim.call.function} is {actual}"
        warnings.setdefault(f"{lines.name(claim.place)}: warning: {problem}", claim.place)
    return sorted(warnings, key=lambda warning: warnings[warning])


class _Claim:
    """That an argument has one of some types."""

    __slots__ = ("call", "expression", "number", "place", "types", "what")

    def __init__(self, call: _Call, number: int, place: int, expression: str, types: Sequence[str], what: str) -> None:
        self.call = call
        self.number = number
        self.place = place
        self.expression = f"(1?({expression}):({expression}))"  # so that char becomes int, an array a pointer
        self.types = types
        self.what = what

    def condition(self) -> str:
        """The claim as an integer constant expression."""
        ways = []
        for name in self.types:
            word, stars = name.rstrip("*"), name[len(name.rstrip("*")) :]
            word = "int" if word == "long" else word
            if name == "void*":
                ways.append(f"__builtin_classify_type({self.expression})==5")
                continue
            fits = [f"{word}{stars}"]
            if stars:
                fits += [f"const {word}{stars}", f"volatile {word}{stars}", "void*"]
            elif word == "double":
                fits.append("float")
            elif word in _SAME:
                fits.append(_SAME[word])
            elif word not in _NUMBERS:  # a name for void*, perhaps
                pointer = f"__builtin_classify_type({self.expression})==5"
                ways.append(f"(__builtin_types_compatible_p({word},void*)&&{pointer})")
            ways += [f"_Generic({self.expression},{fit}:1,default:0)" for fit in fits]
        return "||".join(ways) or "0"


def _compare(text: str, call: _Call, pragmas: _Pragmas, claims: list[_Claim]) -> Iterator[tuple[int, str]]:
    """What is wrong with the number of arguments or the verbs; what the types must be goes to `claims`."""
    position = pragmas.functions[call.function]
    if len(call.arguments) < position:
        return
    begin, end = call.arguments[position - 1]
    words = _MARK.sub("", text[begin:end]).strip()
    while words.startswith("(") and words.endswith(")"):
        words = words[1:-1].strip()
    if not words or not _STRINGS.fullmatch(words):
        return
    rest = call.arguments[position:]
    used = 0

    def claim(types: Sequence[str], what: str) -> bool:
        nonlocal used
        used += 1
        if used > len(rest):
            return False
        begin, end = rest[used - 1]
        expression = _MARK.sub("", text[begin:end]).strip()
        # GCC's sizeof and 1L have 64 bits; a register takes them, and print reads the half that counts
        if not (_WIDE.match(expression) and set(types) & {"int", "long"}):
            place = begin + len(text[begin:end]) - len(text[begin:end].lstrip())
            claims.append(_Claim(call, position + used, place, expression, types, what))
        return True

    for conversion, key, stars in pragmas.parse(_contents(words)):
        written = conversion.replace("\n", "\\n").replace("\t", "\\t")
        types = pragmas.verbs.get(key, [])
        if not key[1]:
            yield begin, f"the format of {call.function} ends within {written}{_advice(written, key[1])}"
            return
        if not types and key[1] and key[1] in _DOUBLE:
            yield begin, f"{written} takes double, and {call.function} knows it with float=True only"
            return
        if not types:
            unknown = f"no #pragma varargck says what {written} takes, in the format of {call.function}"
            yield begin, unknown + _advice(written, key[1])
            return
        if not all(claim(["int", "uint"], f"* in {written} takes int") for _ in range(stars)) or (
            "void" not in types and not claim(types, f"{written} takes {' or '.join(types)}")
        ):
            yield begin, f"{call.function} has no argument for {written}"
            return
    if used < len(rest):
        yield rest[used][0], f"{call.function} has more arguments than its format says"


def _advice(written: str, verb: str) -> str:
    """What to write in place of a verb that is C's, not Plan 9's."""
    if "u" in written:
        return f"; u is a flag, as in {written[: written.index('u') + 1]}d"
    return {"'": "; commas are the flag of %,d", "i": "; write %d", "a": "; write %g"}.get(verb, "")


def _contents(words: str) -> str:
    """The text of adjacent string literals; a letter behind a backslash is no part of a conversion."""
    text = "".join(part[1:-1] for part in re.findall(_TEXT, words))
    return re.sub(r"\\(.)", lambda match: "\n" if match[1].isalnum() else match[1], text, flags=re.DOTALL)


def _calls(text: str, functions: dict[str, int]) -> Iterator[_Call]:
    names = "|".join(map(re.escape, functions))
    token = re.compile(
        rf"^#.*\n|{_TEXT}|'(?:\\.|[^'\\\n])*'|(?:\.|->)\s*\w+|(?<!\w)({names})\s*\((?=[^)])", re.MULTILINE
    )
    for match in token.finditer(text):
        if match[1]:
            call = _arguments(text, match[1], match.end())
            if call is not None:
                yield call


def _arguments(text: str, function: str, begin: int) -> _Call | None:
    """The arguments behind an opening parenthesis."""
    arguments: list[tuple[int, int]] = []
    depth = 0
    first = begin
    for match in _PART.finditer(text, begin):
        letter = match[0]
        if letter in ("(", "[", "{"):
            depth += 1
        elif letter in (")", "]", "}") and depth:
            depth -= 1
        elif letter == ")":
            arguments.append((first, match.start()))
            return _Call(function, arguments, match.start())
        elif letter == "," and not depth:
            arguments.append((first, match.start()))
            first = match.end()
        elif letter in ("]", "}"):
            return None
    return None


def _refuted(text: str, claims: Sequence[_Claim], compile_: Callable[[bytes], str]) -> Iterator[tuple[_Claim, str]]:
    """The claims that are not true, each with the type that its argument has."""
    if not claims:
        return
    asserts = [f'_Static_assert({claim.condition()},"elf9 {number}");' for number, claim in enumerate(claims)]
    wrong = sorted({int(number) for number in _FAILED.findall(compile_(_insert(text, claims, asserts)))})
    if not wrong:
        return
    # what GCC says of an argument that is no such structure has its type
    asked = [claims[number] for number in wrong]
    probes = [
        f"struct _E9_{number}{{char x;}};void _e9_{number}(struct _E9_{number});_e9_{number}({claim.expression});"
        for number, claim in enumerate(asked)
    ]
    actual = {int(number): name for number, name in _ACTUAL.findall(compile_(_insert(text, asked, probes)))}
    for number, claim in enumerate(asked):
        name = actual.get(number, "something else")
        yield claim, _NAMES.get(name, name).replace(" *", "*")


def _insert(text: str, claims: Sequence[_Claim], statements: Sequence[str]) -> bytes:
    """The text with statements put into the calls that they are about, as a further argument."""
    inserted: dict[int, list[str]] = {}
    for claim, statement in zip(claims, statements, strict=True):
        inserted.setdefault(claim.call.close, []).append(statement)
    parts: list[str] = []
    last = 0
    for place in sorted(inserted):
        parts += [text[last:place], ",({", *inserted[place], "0;})"]
        last = place
    parts.append(text[last:])
    return "".join(parts).encode(errors="surrogateescape")


class _Lines:
    """Which line of which file a place of the preprocessed text comes from."""

    def __init__(self, text: str) -> None:
        self._text = text
        marks = [(match.end(), int(match[1]), match[2]) for match in _LINE.finditer(text)]
        self._marks = marks or [(0, 1, "")]
        self._places = [mark[0] for mark in self._marks]

    def name(self, place: int) -> str:
        """`file:line`."""
        begin, line, file = self._marks[max(0, bisect_right(self._places, place) - 1)]
        return f"{file}:{line + self._text.count(chr(10), begin, place)}"
