"""Plan 9's symbol table in an a.out: writing it so that 9front's debuggers see names, reading it back.

An entry is a big-endian value (8 bytes in files with HDR_MAGIC), a type letter with bit 7 set,
and a NUL-terminated name; `z` and `Z` entries have 16-bit numbers of path components instead,
which `f` entries name.  Source: a.out(6) and 9front's libmach.
"""

from __future__ import annotations

import struct

from elf9.image.aout import EXEC_SIZE, HDR_MAGIC, machine_name

__all__ = ["encode_symbols", "read_symbols"]

#: libmach reads a name with a buffered line read; a longer one loses the whole table.
NAME_MAX = 4096
#: Bit 7 of the type says that the name is of variable length, as all are today.
VARIABLE = 0x80
#: Bytes of a name before that bit existed, and the bytes skipped behind it.
OLD_NAME, OLD_SKIP = 20, 3


def encode_symbols(symbols: list[tuple[str, int, str]]) -> bytes:
    """The table for (name, address, type letter) entries, in their order, with 64-bit values.

    Raises ValueError for a name that the table cannot hold: with a NUL or of 4096 bytes and more.
    """
    out = bytearray()
    for name, address, letter in symbols:
        raw = name.encode("utf-8", "surrogateescape")
        if b"\0" in raw or len(raw) >= NAME_MAX:
            raise ValueError(f"symbol name {name[:40]!r} cannot be written: it has a NUL or {NAME_MAX} bytes or more")
        out += struct.pack(">QB", address, ord(letter) | VARIABLE) + raw + b"\0"
    return bytes(out)


def read_symbols(data: bytes) -> list[tuple[str, int, str]]:
    """The symbols of the a.out file `data` as (name, address, type letter), in the file's order.

    The name of a `z` or `Z` entry is the source path its components make.  Raises ValueError if
    `data` is not an a.out or its table is cut short or damaged, saying where.
    """
    magic = int.from_bytes(data[:4], "big")
    if len(data) < EXEC_SIZE or machine_name(magic) is None:
        raise ValueError(f"not an a.out: the file starts with {data[:4].hex(' ') or 'nothing'}")
    _, text, size_data, _, syms = struct.unpack_from(">5I", data)
    start = EXEC_SIZE + (8 if magic & HDR_MAGIC else 0) + text + size_data
    if start + syms > len(data):
        raise ValueError(
            f"the symbol table at file offset {start:#x} has {syms:#x} bytes, but the file ends at {len(data):#x}"
        )
    width = 8 if magic & HDR_MAGIC else 4
    return _decode(data[start : start + syms], start, width)


def _decode(table: bytes, start: int, width: int) -> list[tuple[str, int, str]]:
    """The entries of `table`, which is at file offset `start` and has values of `width` bytes."""
    symbols: list[tuple[str, int, str]] = []
    components: dict[int, str] = {}
    at = 0
    while at < len(table):
        begin = at
        if at + width + 1 > len(table):
            raise ValueError(f"the symbol at file offset {start + begin:#x} is cut short")
        address = int.from_bytes(table[at : at + width], "big")
        kind = table[at + width]
        letter = chr(kind & ~VARIABLE)
        at += width + 1
        if not kind & VARIABLE:
            raw = table[at : at + OLD_NAME].partition(b"\0")[0]
            at += OLD_NAME + OLD_SKIP
            name = raw.decode("utf-8", "surrogateescape")
        elif letter in "zZ":
            parts = []
            at += 1
            while (number := int.from_bytes(table[at : at + 2], "big")) and at + 2 <= len(table):
                parts.append(components.get(number, f"<{number}>"))
                at += 2
            at += 2
            name = "/".join(parts).replace("//", "/")
        else:
            end = table.find(b"\0", at)
            if end < 0:
                raise ValueError(f"the name of the symbol at file offset {start + begin:#x} has no end")
            name = table[at:end].decode("utf-8", "surrogateescape")
            at = end + 1
        if at > len(table):
            raise ValueError(f"the symbol at file offset {start + begin:#x} is cut short")
        if letter == "f":
            components[address] = name
        symbols.append((name, address, letter))
    return symbols
