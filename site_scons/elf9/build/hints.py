"""What to do about headers and functions that Plan 9 has not, or elf9 has not: a line behind the compiler's words.

`runtime/library.txt` knows them: its rows `! auth.h … : why` are headers of 9front that are not here, its rows
`> printf … : what instead` are Unix's.  The same rows are in docs/library.md.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from elf9.build.paths import DataMissing, runtime_dir

__all__ = ["hints"]

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


def hints(text: str) -> list[str]:
    """One line for each thing of Unix or Plan 9 whose lack a compiler or a linker complains about in `text`."""
    found = dict.fromkeys(match[match.lastgroup or 0] for match in _MISSING.finditer(_COLOUR.sub("", text)))
    known = dict(_known()) if found else {}
    lines = [known[name] for name in found if name in known]
    if _DOUBLE.search(text):
        lines.append("double and float want a program, object or library with float=True")
    return [f"hint: {line}" for line in dict.fromkeys(lines)]


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
