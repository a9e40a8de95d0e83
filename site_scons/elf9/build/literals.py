"""String literals that may be written to, as kencc's may.

kencc keeps them in data, each on its own, and Plan 9's programs count on it: `ls` without arguments cleans the name
".", `comm -12` shortens "\\t".  GCC puts them into sections of text that the linker may fold into one another, and has
no option against it.  So an object of the dialect has those sections' flags changed, and the linker script puts
read-only data that is writable into data.  u.h marks the dialect's objects by an empty section.

Two equal literals in one file stay one; those with a NUL inside stay read-only, for GCC does not tell them from
constants.
"""

from __future__ import annotations

import struct

__all__ = ["MARK", "make_writable"]

#: The section that u.h makes.
MARK = b".plan9.dialect"

_WRITE, _ALLOC, _MERGE, _STRINGS = 0x1, 0x2, 0x10, 0x20


def make_writable(image: bytes) -> bytes | None:
    """An ELF64 object with writable string literals; None if it is not of the dialect or has none.

    (System V ABI, chapter 4: the section header table; little-endian as both machines are.)
    """
    if MARK not in image:
        return None
    (start,) = struct.unpack_from("<Q", image, 0x28)
    size, count = struct.unpack_from("<HH", image, 0x3A)
    changed = bytearray(image)
    for place in range(start, start + size * count, size):
        (flags,) = struct.unpack_from("<Q", image, place + 8)
        if flags & _ALLOC and flags & _MERGE and flags & _STRINGS:
            struct.pack_into("<Q", changed, place + 8, flags & ~(_MERGE | _STRINGS) | _WRITE)
            struct.pack_into("<Q", changed, place + 56, 0)  # the size of an entry, for merging
    return bytes(changed) if changed != image else None
