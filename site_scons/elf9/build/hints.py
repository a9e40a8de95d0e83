"""What to do about headers and functions that Plan 9 has not, or elf9 has not: a line behind the compiler's words.

`runtime/library.txt` knows them: its rows `! auth.h … : why` are headers of 9front that are not here, its rows
`> printf … : what instead` are Unix's.  The same rows are in docs/library.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from elf9.build.paths import DataMissing, runtime_dir

__all__ = ["hints", "without_false_advice"]

#: GCC's colours, and the quotes of any locale.
_COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")
_QUOTE = "[`'‘’\"]"

_MISSING = re.compile(
    r"fatal error: (?P<header>[\w./+-]+): No such file"
    rf"|undefined reference to {_QUOTE}(?P<function>\w+){_QUOTE}"
    rf"|{_QUOTE}(?P<variable>\w+){_QUOTE} undeclared"
    rf"|implicit declaration of function {_QUOTE}(?P<call>\w+){_QUOTE}"
    rf"|unknown type name {_QUOTE}(?P<type>\w+){_QUOTE}"
)

#: What GCC says of double and float where it may use integer registers only.
_DOUBLE = re.compile(r"SSE register (?:return|argument) with SSE disabled|incompatible with the use of floating-point")


#: Headers of elf9's, and what has to be included before them.
_BEFORE = {
    "libc.h": "u.h",
    "bio.h": "u.h and libc.h",
    "fcall.h": "u.h and libc.h",
    "regexp.h": "u.h and libc.h",
    "thread.h": "u.h and libc.h",
    "String.h": "u.h and libc.h (and bio.h, if it reads files)",
    "9p.h": "u.h, libc.h, fcall.h and thread.h",
}

#: GCC's advice to include a header, and the three lines that show where.
_ADVICE = re.compile(
    rf"^[^\n]*note: [^\n]* is defined in header {_QUOTE}<(?P<header>[\w./]+)>{_QUOTE}; did you forget to [^\n]*\n"
    r"(?:[ ]+(?:\d+|\+\+\+) \|[^\n]*\n)*",
    re.MULTILINE,
)


def hints(text: str) -> list[str]:
    """One line for each thing of Unix or Plan 9 whose lack a compiler or a linker complains about in `text`."""
    found = dict.fromkeys(match[match.lastgroup or 0] for match in _MISSING.finditer(_COLOUR.sub("", text)))
    known = dict(_known()) if found else {}
    lines = [known[name] for name in found if name in known]
    lines += _order(_COLOUR.sub("", text))
    if _DOUBLE.search(text):
        lines.append("double and float want a program, object or library with float=True")
    return [f"hint: {line}" for line in dict.fromkeys(lines)]


def without_false_advice(text: str) -> str:
    """A compiler's words without its notes that a header of Unix is to be included, which is not here."""
    if "is defined in header" not in text:
        return text
    known = dict(_known())
    plain = _COLOUR.sub("", text)
    # Where there are colours, they stay as long as there is nothing to take away.
    found = [match for match in _ADVICE.finditer(plain) if match["header"] in known]
    for match in reversed(found):
        plain = plain[: match.start()] + plain[match.end() :]
    return plain if found else text


def _order(text: str) -> list[str]:
    """What to include before the first of elf9's headers in which there is an error."""
    try:
        folder = re.escape(os.path.join(runtime_dir(), "include", ""))
    except DataMissing:
        return []
    names = "|".join(re.escape(name) for name in _BEFORE)
    found = re.search(
        rf"^{folder}(?P<header>{names}):\d+:\d+: error: "
        rf"(?:unknown type name|expected |{_QUOTE}\w+{_QUOTE} undeclared)",
        text,
        re.MULTILINE,
    )
    if found is None:
        return []
    return [f"include {_BEFORE[found['header']]}, in this order, before {found['header']}"]


def _known() -> Iterator[tuple[str, str]]:
    """Name -> what to say about it."""
    try:
        with open(os.path.join(runtime_dir(), "library.txt"), encoding="utf-8") as file:
            rows = file.read().splitlines()
    except (DataMissing, OSError):
        return
    for row in rows:
        names, _, text = row[2:].partition(": ")
        if row.startswith("! "):
            headers = [name for name in names.split() if name.endswith(".h")]
            for header in headers:
                plain = re.sub(r"; \[.*?\]\(.*?\)", "", text)
                yield header, f"elf9 does not have {header}: {plain} (docs/library.md, What is not here)"
        elif row.startswith("> "):
            for name in names.split():
                yield name, f"Plan 9 does not have {name}: {text.replace('`', '')}"
