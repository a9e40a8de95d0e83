"""`#!` lines: which bytes exec looks at, and how it cuts them into words (facts/exec.md §5).

Words are cut as the kernel's tokenize does, with rc's quotes: `'a b'` is one word, `''` inside
quotes is a quote, a quote may start in the middle of a word, an unclosed one runs to the end.
"""

from __future__ import annotations

from elf9.errors import Ebadexec, Eempty
from elf9.image.model import ExecError, Script

__all__ = ["read_script", "tokenize"]

#: Separators between words; the newline itself has already ended the line.
SEPARATORS = b" \t\r\n"
#: The kernel's array holds so many words, and one more word overruns it.
MAX_WORDS = 32
QUOTE = ord("'")


def tokenize(line: bytes, limit: int) -> list[bytes]:
    """The first `limit` words of `line`; a NUL byte ends it (tokenize in getfields(2))."""
    line = line.partition(b"\0")[0]
    words: list[bytes] = []
    at = 0
    while len(words) < limit:
        while at < len(line) and line[at] in SEPARATORS:
            at += 1
        if at == len(line):
            break
        word = bytearray()
        quoting = False
        while at < len(line) and (quoting or line[at] not in SEPARATORS):
            byte = line[at]
            at += 1
            if byte != QUOTE:
                word.append(byte)
            elif not quoting:
                quoting = True
            elif line[at : at + 1] == b"'":
                word.append(QUOTE)
                at += 1
            else:
                quoting = False
        words.append(bytes(word))
    return words


def _shown(head: bytes) -> str:
    """The first bytes of a file, as text if they are."""
    text = head.decode("ascii", "replace")
    return f"`{text}`" if text.isprintable() and text.isascii() else head.hex(" ")


def read_script(head: bytes) -> Script:
    """The words of the `#!` line in `head`, the first 256 bytes or fewer of the file.

    Raises ExecError, also with 32 words or more: the kernel then writes behind its array and
    was observed to fail with `empty file name` (facts/observed-amd64.md §a3).
    """
    if head[:2] != b"#!":
        raise ExecError(
            Ebadexec,
            f"the file starts with {_shown(head[:4])}, which is neither an a.out of this machine, "
            "nor an ELF file (7f 45 4c 46), nor a script (`#!`)",
            "name the program that was built, not its source or another file; a script begins with such as `#!/bin/rc`",
            rule="magic",
        )
    end = head.find(b"\n", 2)
    if end < 0:
        raise ExecError(
            Ebadexec,
            f"the `#!` line does not end within the first {len(head)} bytes, and exec looks at 256 only",
            "shorten the line and end it with a newline",
            rule="script-line",
        )
    words = tokenize(head[2:end], MAX_WORDS)
    if not words:
        raise ExecError(
            Ebadexec,
            "the `#!` line names no interpreter",
            "write one, as in `#!/bin/rc`",
            rule="script-interpreter",
        )
    if len(words) == MAX_WORDS:
        raise ExecError(
            Eempty,
            f"the `#!` line has {MAX_WORDS} words or more, and exec has room for {MAX_WORDS - 1}",
            "shorten it, or put the arguments into the script",
            rule="script-words",
        )
    return Script(words)
