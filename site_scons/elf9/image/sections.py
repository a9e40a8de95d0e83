"""A tolerant reader of ELF files: all that exec ignores and the linker left behind.

`elf9 check` and the a.out writer want sections, symbols and relocations even of files that are
broken in one place, so nothing raises here: what cannot be read is left out and said in
`problems`.  Off the path of `elf9 run`.  Source: the System V gABI, chapter 4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from elf9.image.elf import EHDR, EHDR_SIZE, PHDR, PHDR_SIZE

__all__ = ["ElfFile", "ProgramHeader", "Relocation", "Section", "Symbol", "read_elf"]

ET_REL, ET_EXEC, ET_DYN, ET_CORE = 1, 2, 3, 4
PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_TLS = 0, 1, 2, 3, 4, 7
PT_GNU_EH_FRAME, PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY = 0x6474E550, 0x6474E551, 0x6474E552, 0x6474E553
SHT_SYMTAB, SHT_RELA, SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS, SHT_REL, SHT_DYNSYM, SHT_RELR = 2, 4, 6, 7, 8, 9, 11, 19
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_COMPRESSED = 1, 2, 4, 0x400, 0x800
SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_COMMON = 0, 0xFF00, 0xFFF1, 0xFFF2
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE, STT_COMMON, STT_TLS, STT_GNU_IFUNC = 0, 1, 2, 3, 4, 5, 6, 10

SHDR = "<IIQQQQIIQQ"
SYMBOL = "<IBBHQQ"
#: No name is longer; a table without NULs would otherwise cost its size for every symbol.
NAME_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True)
class ProgramHeader:
    """One program header as the file has it; `where` is its file offset."""

    where: int
    type: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    align: int


@dataclass(frozen=True, slots=True)
class Section:
    """One section header with its name resolved."""

    index: int
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int

    @property
    def allocated(self) -> bool:
        """Takes room in memory."""
        return bool(self.flags & SHF_ALLOC)

    @property
    def executable(self) -> bool:
        """Holds instructions."""
        return bool(self.flags & SHF_EXECINSTR)

    @property
    def writable(self) -> bool:
        """The program writes to it."""
        return bool(self.flags & SHF_WRITE)

    @property
    def file_size(self) -> int:
        """Bytes in the file: none for bss."""
        return 0 if self.type == SHT_NOBITS else self.size

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.address + self.size


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol; `section` is a section's index or one of the reserved SHN numbers."""

    name: str
    address: int
    size: int
    type: int
    binding: int
    section: int


@dataclass(frozen=True, slots=True)
class Relocation:
    """One relocation entry; `section` is the name of the section that lists it."""

    section: str
    address: int
    type: int


@dataclass(slots=True)
class ElfFile:
    """A file of the ELF magic, as far as it can be read."""

    data: bytes
    ident: bytes
    type: int
    machine: int
    entry: int
    phoff: int
    phentsize: int
    phnum: int
    program_headers: list[ProgramHeader] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    symbols: list[Symbol] = field(default_factory=list)
    relocations: list[Relocation] = field(default_factory=list)
    #: What could not be read of sections and symbols, one sentence each.
    problems: list[str] = field(default_factory=list)

    def contents(self, section: Section) -> bytes:
        """The section's bytes in the file."""
        return self.data[section.offset : section.offset + section.file_size]


def read_elf(data: bytes) -> ElfFile:
    """Read what there is; `data` starts with the ELF magic and may be cut anywhere."""
    padded = data[:EHDR_SIZE].ljust(EHDR_SIZE, b"\0")
    ident, type_, machine, _, entry, phoff, shoff, _, _, phentsize, phnum, shentsize, shnum, shstrndx = (
        struct.unpack_from(EHDR, padded)
    )
    file = ElfFile(
        data=data,
        ident=ident,
        type=type_,
        machine=machine,
        entry=entry,
        phoff=phoff,
        phentsize=phentsize,
        phnum=phnum,
    )
    for index in range(phnum):
        where = EHDR_SIZE + index * PHDR_SIZE
        if where + PHDR_SIZE > len(data):
            break
        kind, flags, offset, address, _, file_size, memory_size, align = struct.unpack_from(PHDR, data, where)
        file.program_headers.append(
            ProgramHeader(
                where=where,
                type=kind,
                flags=flags,
                offset=offset,
                address=address,
                file_size=file_size,
                memory_size=memory_size,
                align=align,
            )
        )
    if shoff:
        _read_sections(file, shoff, shentsize, shnum, shstrndx)
        _read_symbols(file)
        _read_relocations(file)
    return file


def _read_sections(file: ElfFile, shoff: int, shentsize: int, shnum: int, shstrndx: int) -> None:
    """Section headers with their names."""
    size = struct.calcsize(SHDR)
    if shentsize != size:
        file.problems.append(f"e_shentsize at file offset 0x3a is {shentsize}, not {size}")
        return
    if shoff + shnum * size > len(file.data):
        file.problems.append(
            f"the section headers at file offset {shoff:#x} end behind the file's {len(file.data):#x} bytes"
        )
        return
    raw = [struct.unpack_from(SHDR, file.data, shoff + index * size) for index in range(shnum)]
    names = b""
    if shstrndx < shnum:
        names = file.data[raw[shstrndx][4] :][: raw[shstrndx][5]]
    for index, (name, kind, flags, address, offset, length, link, info, align, entry_size) in enumerate(raw):
        if kind not in {0, SHT_NOBITS} and offset + length > len(file.data):
            file.problems.append(
                f"section {_string(names, name) or index} at file offset {offset:#x} ends behind the file's "
                f"{len(file.data):#x} bytes"
            )
        file.sections.append(
            Section(
                index=index,
                name=_string(names, name),
                type=kind,
                flags=flags,
                address=address,
                offset=offset,
                size=length,
                link=link,
                info=info,
                align=align,
                entry_size=entry_size,
            )
        )


def _read_symbols(file: ElfFile) -> None:
    """The symbols of .symtab."""
    size = struct.calcsize(SYMBOL)
    for table in file.sections:
        if table.type != SHT_SYMTAB:
            continue
        if table.entry_size != size or table.link >= len(file.sections):
            file.problems.append(f"symbol table {table.name} has entries of {table.entry_size} bytes or no names")
            continue
        names = file.contents(file.sections[table.link])
        raw = file.contents(table)
        if file.symbols:
            file.problems.append(f"symbol table {table.name} is one too many")
            break
        for name, info, _, section, value, length in struct.iter_unpack(SYMBOL, raw[: len(raw) // size * size]):
            file.symbols.append(
                Symbol(
                    name=_string(names, name),
                    address=value,
                    size=length,
                    type=info & 15,
                    binding=info >> 4,
                    section=section,
                )
            )


def _read_relocations(file: ElfFile) -> None:
    """Relocations that somebody would have to apply at run time: those of allocated sections."""
    for table in file.sections:
        if table.type not in {SHT_RELA, SHT_REL} or not table.allocated or len(file.relocations) > len(file.data):
            continue
        layout = "<QQq" if table.type == SHT_RELA else "<QQ"
        size = struct.calcsize(layout)
        raw = file.contents(table)
        for address, info, *_ in struct.iter_unpack(layout, raw[: len(raw) // size * size]):
            file.relocations.append(Relocation(section=table.name, address=address, type=info & 0xFFFFFFFF))


def _string(table: bytes, at: int) -> str:
    """The NUL-terminated string at `at`, empty when there is none."""
    if at >= len(table):
        return ""
    limit = min(len(table), at + NAME_LIMIT)
    end = table.find(b"\0", at, limit)
    return table[at : end if end >= 0 else limit].decode("utf-8", "surrogateescape")
