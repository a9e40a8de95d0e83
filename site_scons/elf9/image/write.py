"""The a.out of a linked ELF, for every 9front whose exec knows no ELF.

The ELF is linked with its headers at the start of text, so that everything has the same address
in both files: an a.out's text segment starts with its own 40-byte header, and what the ELF
headers took beyond that becomes zeros.  Sizes are chosen so that exec computes the same data
base, data end and bss end (facts/exec.md §2 and §4).  The symbol table is Plan 9's.
"""

from __future__ import annotations

import struct

from elf9.image.elf import HEADERS_SIZE
from elf9.image.layout import guess_target, plan
from elf9.image.model import ExecError, Plan
from elf9.image.sections import (
    PT_LOAD,
    SHN_ABS,
    SHN_LORESERVE,
    SHN_UNDEF,
    SHT_NOBITS,
    STB_LOCAL,
    STT_FUNC,
    STT_NOTYPE,
    STT_OBJECT,
    ElfFile,
    Section,
    Symbol,
    read_elf,
)
from elf9.image.symbols import NAME_MAX, encode_symbols

TYPE_CHECKING = False
if TYPE_CHECKING:
    from elf9.target import Target

__all__ = ["aout_from_elf", "plan9_symbols"]

WORD_MAX = (1 << 32) - 1
#: Plan 9's own linker defines these, and etext: end(2).
ENDS = {"edata": "D", "end": "B"}


def aout_from_elf(elf: bytes) -> bytes:
    """The a.out that exec lays out exactly as it lays out `elf`, a linked amd64 or arm64 program.

    Raises ValueError, saying what is in the way: not such a program, data linked elsewhere than
    exec puts it, code where the a.out header goes, a size beyond 32 bits, a file cut short.
    """
    target = guess_target(elf)
    if target is None:
        raise ValueError("an a.out is made from an ELF file for amd64 or arm64, and this is neither")
    try:
        made = plan(elf, target)
    except ExecError as error:
        raise ValueError(f"exec would refuse the ELF file ({error.text}): {error.reason}") from None
    if not isinstance(made, Plan) or made.kind != "elf":
        raise ValueError("an a.out is made from an ELF file, and this is an a.out already")
    file = read_elf(elf)
    _check_layout(made, file)
    text = bytearray(_piece(elf, made.text.offset, made.text.size, "text"))
    data = _piece(elf, made.data.offset, made.data.size, "data")
    if made.text.offset == 0:
        text[:HEADERS_SIZE] = bytes(min(len(text), HEADERS_SIZE))
    header = target.header_size
    symbols = encode_symbols(plan9_symbols(file, made))
    # The true size: to the page would give the same layout, but not the same `size` command.
    program = file.program_headers[1]
    bss = program.memory_size - program.file_size
    for name, value in (("text", len(text)), ("data", len(data)), ("bss", bss), ("symbols", len(symbols))):
        if not 0 <= value <= WORD_MAX:
            raise ValueError(f"an a.out header has 32 bits for the size of {name}, and {value:#x} does not fit")
    text[:header] = struct.pack(
        ">8IQ",
        target.aout_magic,
        len(text) - header,
        len(data),
        bss,
        len(symbols),
        made.entry & WORD_MAX,
        0,
        0,
        made.entry,
    )
    out = bytes(text) + data + symbols
    _check_same(out, made, target)
    return out


def _check_layout(made: Plan, file: ElfFile) -> None:
    """Refuse what an a.out cannot say, or what runs wrong already as ELF."""
    target = made.target
    if made.fatal is not None:
        raise ValueError(f"exec would kill the program ({made.fatal}): a segment is larger than the kernel makes")
    text, data = file.program_headers[:2]
    linked = (text.address - text.offset + made.text.offset, data.address)
    if linked[0] != made.text.base:
        raise ValueError(f"text is linked at {linked[0]:#x}, but exec puts it at {made.text.base:#x}")
    if data.type == PT_LOAD and data.memory_size and linked[1] != made.data.base:
        raise ValueError(
            f"data is linked at {linked[1]:#x}, but exec puts it at {made.data.base:#x}, "
            f"the end of text rounded up to {made.align:#x}; run `elf9 check`"
        )
    first = made.text.base + target.header_size
    _check_room(made, file, first)
    if not first <= made.entry < made.text.base + made.text.size:
        raise ValueError(
            f"the entry {made.entry:#x} is outside text behind the header "
            f"({first:#x} to {made.text.base + made.text.size:#x}), and exec refuses such an a.out"
        )


def _check_room(made: Plan, file: ElfFile, first: int) -> None:
    """Refuse if something other than ELF headers or filling is where the a.out header goes."""
    if made.text.offset == 0 and not any(
        section.allocated and section.size and made.text.base <= section.address < first for section in file.sections
    ):
        return
    room = f"where the a.out header goes ({made.text.base:#x} to {first:#x}); link with room for headers"
    for symbol in file.symbols:
        if 0 < symbol.section < SHN_LORESERVE and made.text.base <= symbol.address < first and symbol.name:
            raise ValueError(f"symbol {symbol.name} is at {symbol.address:#x}, {room}")
    bytes_there = file.data[made.text.offset :][: first - made.text.base]
    if not file.symbols and made.text.offset and any(bytes_there):
        raise ValueError(
            f"text starts with {bytes_there[:8].hex(' ')} and there are no symbols to tell what it is, {room}"
        )


def _piece(elf: bytes, offset: int, size: int, name: str) -> bytes:
    """Bytes of the file; ValueError if it ends before them."""
    if size and offset + size > len(elf):
        raise ValueError(
            f"{name} is at file offset {offset:#x} with {size:#x} bytes, but the file ends at {len(elf):#x}"
        )
    return elf[offset : offset + size]


def _check_same(out: bytes, made: Plan, target: Target) -> None:
    """exec must compute the same addresses from both files, or the writer is wrong."""
    other = plan(out, target)
    if not isinstance(other, Plan) or (
        other.entry,
        other.text.base,
        other.text.top,
        other.data.base,
        other.data.top,
        other.bss_base,
        other.bss_top,
    ) != (made.entry, made.text.base, made.text.top, made.data.base, made.data.top, made.bss_base, made.bss_top):
        raise ValueError(f"the a.out would be laid out otherwise than the ELF: {other!r}, not {made!r}")


def plan9_symbols(file: ElfFile, made: Plan) -> list[tuple[str, int, str]]:
    """Plan 9 symbols of an ELF file: (name, address, letter), by address, upper case for globals.

    Code is T, initialised or constant data D, bss B.  `etext` is where code ends and the last T,
    as 9front's linkers have it: libmach takes every address behind it for data, and so finds the
    names of constants, which here share the text segment.  Names of 4096 bytes and more are left
    out, because libmach could not read them.
    """
    found: set[tuple[int, bool, str, str]] = set()
    objects = {symbol.address for symbol in file.symbols if symbol.type == STT_OBJECT}
    for symbol in file.symbols:
        letter = _letter(symbol, file.sections)
        if letter in {"D", "B"} and symbol.type == STT_NOTYPE and symbol.name not in ENDS and symbol.address in objects:
            # A linker script's mark where a variable starts would hide the variable's name.
            continue
        if letter and _is_name(symbol.name):
            local = symbol.binding == STB_LOCAL
            found.add((symbol.address, local, symbol.name, letter.lower() if local else letter))
    if found:
        code = [s.end for s in file.sections if s.allocated and s.executable and s.address < made.data.base]
        found.add((max(code, default=made.text.base + made.text.size), False, "etext", "T"))
    return [(name, address, letter) for address, _, name, letter in sorted(found)]


def _is_name(name: str) -> bool:
    """A name for people: not empty, not arm64's mapping symbol, not an assembler's local label; not `etext`."""
    if not name or name.startswith(("$", ".L")) or name == "etext":
        return False
    return len(name.encode("utf-8", "surrogateescape")) < NAME_MAX


def _letter(symbol: Symbol, sections: list[Section]) -> str | None:
    """T, D or B; None for what is no address in memory."""
    if symbol.type not in {STT_NOTYPE, STT_OBJECT, STT_FUNC} or symbol.section == SHN_UNDEF:
        return None
    if symbol.section == SHN_ABS:
        # A number of some assembler file or linker script, unless it is one of these addresses.
        return ENDS.get(symbol.name)
    if symbol.section >= SHN_LORESERVE or symbol.section >= len(sections):
        return None
    section = sections[symbol.section]
    if not section.allocated:
        return None
    if symbol.name in ENDS:
        return ENDS[symbol.name]
    if section.executable:
        return "D" if symbol.type == STT_OBJECT else "T"
    return "B" if section.type == SHT_NOBITS else "D"
