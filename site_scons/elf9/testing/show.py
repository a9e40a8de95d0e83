"""Bytes shown to people: what a program printed and what it should have printed, without harm to a terminal."""

from __future__ import annotations

from difflib import unified_diff

__all__ = ["difference", "lines_of", "show"]

#: Lines and columns of output that are shown at most.
MOST_LINES = 60
MOST_COLUMNS = 200


def show(data: bytes) -> str:
    """One line of bytes as text: printable UTF-8 as it is, everything else escaped."""
    text = []
    for char in data.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            text.append(f"\\x{code - 0xDC00:02x}")
        elif char == "\\":
            text.append("\\\\")
        elif char == "\t" or char.isprintable():
            text.append(char)
        else:
            text.append(char.encode("unicode_escape").decode())
    return "".join(text)


def lines_of(data: bytes) -> list[str]:
    """Output as lines to be shown; binary output as a dump of 16 bytes a line."""
    if _is_binary(data):
        return [
            f"{offset:06x}  {chunk.hex(' '):<47}  "
            + "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in chunk)
            for offset in range(0, len(data), 16)
            for chunk in [data[offset : offset + 16]]
        ]
    lines = [show(line) for line in data.split(b"\n")]
    if lines[-1] == "":
        lines.pop()
    else:
        lines[-1] += "   (no newline at the end)"
    return [line if len(line) <= MOST_COLUMNS else f"{line[:MOST_COLUMNS]}… ({len(line)} characters)" for line in lines]


def _is_binary(data: bytes) -> bool:
    """More than one byte in five is no text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return b"\0" in data or sum(byte >= 0x80 for byte in data) * 5 > len(data)
    return sum(not char.isprintable() and char not in "\t\n\r\x1b" for char in text) * 5 > len(text)


def difference(expected: bytes, actual: bytes) -> list[str]:
    """A unified diff, `-` expected and `+` what came; cut when it is long."""
    if not expected:
        return _cut([f"+{line}" for line in lines_of(actual)])
    if not actual:
        return _cut([f"-{line}" for line in lines_of(expected)])
    diff = list(unified_diff(lines_of(expected), lines_of(actual), lineterm="", n=2))[2:]
    if not diff:
        diff = [f"(they differ in what is not shown: {len(expected)} bytes expected, {len(actual)} came)"]
    return _cut(diff)


def _cut(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[:MOST_LINES], f"… {len(lines) - MOST_LINES} more lines"]
