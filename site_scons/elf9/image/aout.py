"""Plan 9's a.out header: eight big-endian words, and a 64-bit entry behind them (a.out(6)).

Which magic belongs to which machine, what exec takes from the header and what it checks
(facts/exec.md §2 and rows 8a-10a of §3).  Writing one is `elf9.image.write`.
"""

from __future__ import annotations

import struct

from elf9.errors import Ebadexec
from elf9.image.model import MASK64, ExecError, Header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.target import Target

__all__ = ["DYN_MAGIC", "HDR_MAGIC", "LETTERS", "machine_name", "read_header"]

#: Set in the magic of machines whose header is followed by the entry as 64 bits.
HDR_MAGIC = 0x8000
#: A dynamically loadable module; exec takes none.
DYN_MAGIC = 0x80000000
#: sizeof(Exec).
EXEC_SIZE = 32
#: The number b of each machine's _MAGIC(f, b), and its name.
LETTERS: dict[int, str] = {
    8: "68020",
    11: "386",
    12: "960",
    13: "sparc",
    16: "mips 3000 (big endian)",
    17: "dsp3210",
    18: "mips 4000 (big endian)",
    19: "29000",
    20: "arm",
    21: "power",
    22: "mips 4000 (little endian)",
    23: "alpha",
    24: "mips 3000 (little endian)",
    25: "sparc64",
    26: "amd64",
    27: "power64",
    28: "arm64",
}


def machine_name(magic: int) -> str | None:
    """The machine of an a.out magic with or without its flags, or None if it is not one."""
    plain = magic & ~(HDR_MAGIC | DYN_MAGIC)
    return next((name for b, name in LETTERS.items() if 4 * b * b + 7 == plain), None)


def read_header(head: bytes, target: Target) -> Header:
    """What exec takes from the a.out header in `head`, whose magic is the target's.

    Raises ExecError: too short for its header, or an entry that is not inside text.
    """
    magic = int.from_bytes(head[:4], "big")
    size = EXEC_SIZE + 8 if magic & HDR_MAGIC else EXEC_SIZE
    if len(head) < size:
        raise ExecError(
            Ebadexec,
            f"the file has {len(head)} bytes, but an a.out header for {target.name} has {size}",
            "the file was cut short; build or copy it again",
            rule="aout-truncated",
        )
    _, text, data, bss, _, entry, _, _ = struct.unpack_from(">8I", head)
    if magic & HDR_MAGIC:
        (entry,) = struct.unpack_from(">Q", head, EXEC_SIZE)
    first = target.text_base + size
    end = (first + text) & MASK64
    where = f"the entry at file offset {EXEC_SIZE if magic & HDR_MAGIC else 20:#x} is {entry:#x}"
    if entry < first:
        raise ExecError(
            Ebadexec,
            f"{where}, but text starts behind the header at {first:#x}",
            f"link the program for text at {first:#x}",
            rule="aout-entry",
        )
    if entry >= end:
        raise ExecError(
            Ebadexec,
            f"{where}, but text ends at {end:#x} (text size {text:#x} at file offset 0x4)",
            "the entry must be the address of an instruction in text; link the program again",
            rule="aout-entry",
        )
    if end >= target.stack_base:
        raise ExecError(
            Ebadexec,
            f"text would end at {end:#x} (text size {text:#x} at file offset 0x4), "
            f"but it must end below the stack at {target.stack_base:#x}",
            "make the program smaller, or build it again if the size is wrong",
            rule="image-too-large",
        )
    return Header(
        kind="a.out",
        entry=entry,
        text_offset=0,
        text_size=size + text,
        data_offset=size + text,
        data_size=data,
        bss=bss,
        align=target.segment_align,
    )
