"""A program's file as a debugger sees it: machine, segments as linked, DWARF if there is any.

ELF is read with pyelftools; a Plan 9 a.out has a symbol table only (a.out(6)).  Files here may be damaged: whatever
cannot be read is absent, and only a file that is not there at all is an error.  pyelftools answers damage with any
exception there is (AssertionError, ValueError, RecursionError, its own), hence the broad `except Exception` around
each use of it in this room.
"""

from __future__ import annotations

import io
import os.path
from dataclasses import dataclass, field
from typing import Any

from elf9.target import TARGETS, Target, by_elf_machine

__all__ = ["Binary", "open_binary", "parse_binary"]


@dataclass(slots=True)
class Binary:
    """An opened program file."""

    path: str
    data: bytes
    target: Target | None
    #: [base, top) of the text as linked; (0, 0) if unknown.
    text: tuple[int, int] = (0, 0)
    #: [base, top) of data and bss as linked.
    writable: tuple[int, int] = (0, 0)
    #: Where the program starts.
    entry: int = 0
    #: pyelftools' ELFFile and DWARFInfo; None for an a.out, a stripped or a damaged file.
    elf: Any = field(default=None, repr=False)
    dwarf: Any = field(default=None, repr=False)

    def in_text(self, address: int) -> bool:
        """Whether an instruction of the program can be at `address`."""
        return self.text[0] <= address < self.text[1]


def open_binary(path: str, target: Target | None = None) -> Binary:
    """Read the program at `path`, made for `target` if the file does not say.  Raises OSError."""
    with open(path, "rb") as file:
        return parse_binary(path, file.read(), target)


def parse_binary(path: str, data: bytes, target: Target | None = None) -> Binary:
    """The program whose file, called `path`, holds `data`."""
    binary = Binary(path, data, target)
    if data.startswith(b"\x7fELF"):
        _read_elf(binary)
    else:
        _read_aout(binary)
    return binary


def _read_elf(binary: Binary) -> None:
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(io.BytesIO(binary.data))
        machine = {"EM_X86_64": 62, "EM_AARCH64": 183}.get(elf["e_machine"], 0)
        binary.target = by_elf_machine(machine) or binary.target
        binary.entry = elf["e_entry"]
        for segment in elf.iter_segments():
            span = (segment["p_vaddr"], segment["p_vaddr"] + segment["p_memsz"])
            if segment["p_type"] != "PT_LOAD":
                continue
            if segment["p_flags"] & 1:
                binary.text = span
            elif segment["p_flags"] & 2:
                binary.writable = span
    except Exception:
        return
    binary.elf = elf
    try:
        if elf.has_dwarf_info():
            binary.dwarf = elf.get_dwarf_info()
    except Exception:
        binary.dwarf = None


def _read_aout(binary: Binary) -> None:
    words = [int.from_bytes(binary.data[at : at + 4], "big") for at in range(0, 32, 4)]
    target = next((target for target in TARGETS.values() if target.aout_magic == words[0]), None)
    if target is None or len(binary.data) < target.header_size:
        return
    text, data, bss = words[1:4]
    binary.target = target
    binary.entry = int.from_bytes(binary.data[32:40], "big")
    binary.text = (target.text_base, target.text_base + target.header_size + text)
    base = target.round_segment(binary.text[1])
    binary.writable = (base, base + data + bss)
    _read_companion(binary)


def _read_companion(binary: Binary) -> None:
    """The DWARF of the ELF file that an a.out was made from: `hello` beside `hello.aout`, if the code is the same."""
    stem, extension = os.path.splitext(binary.path)
    if extension != ".aout" or not os.path.isfile(stem):
        return
    elf = open_binary(stem)
    if elf.dwarf is None or elf.target is not binary.target or elf.entry != binary.entry:
        return
    # Both files hold the text at its distance from the base, behind their headers; ELF's are the longer.
    base, top = binary.text
    start = 64 + 2 * 56
    if elf.text[0] == base and binary.data[start : top - base] == elf.data[start : top - base]:
        binary.dwarf = elf.dwarf
