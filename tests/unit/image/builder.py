"""Small executables made by code: good ones by default, bad in exactly the way a test asks for."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from elf9.target import TARGETS, Target

AMD64 = TARGETS["amd64"]
ARM64 = TARGETS["arm64"]

HEADERS = 176
#: Code that ends itself: `jmp .`, `b .`; padded to 16 bytes with no-ops.
CODE = {"amd64": b"\xeb\xfe" + b"\x90" * 14, "arm64": b"\x00\x00\x00\x14" + b"\x1f\x20\x03\xd5" * 3}

ALLOC, WRITE, EXEC, TLS = 2, 1, 4, 0x400
PROGBITS, SYMTAB, STRTAB, RELA, DYNAMIC, NOTE, NOBITS = 1, 2, 3, 4, 6, 7, 8


@dataclass
class Section:
    """A section header; `data` is only written to the file when `offset` is None."""

    name: str
    address: int = 0
    data: bytes = b""
    type: int = PROGBITS
    flags: int = 0
    offset: int | None = None
    size: int | None = None
    align: int = 1
    entry_size: int = 0


@dataclass
class Symbol:
    """A symbol; `section` is a name, "" for undefined, or a reserved number."""

    name: str
    address: int = 0
    section: str | int = ".text"
    type: int = 2
    binding: int = 1
    size: int = 0


@dataclass
class Elf:
    """A linked program with one text and one data segment, good unless fields say otherwise.

    `text` starts right behind the headers; `data` follows text in the file.  What is None is
    computed; `patches` are (file offset, bytes) written last.
    """

    target: Target = field(default_factory=lambda: AMD64)
    text: bytes | None = None
    rodata: bytes = b""
    data: bytes = b"data"
    bss: int = 16
    entry: int | None = None
    machine: int | None = None
    type: int = 2
    phoff: int = 64
    phnum: int = 2
    flags: tuple[int, int] = (5, 6)
    p_types: tuple[int, int] = (1, 1)
    text_address: int | None = None
    text_sizes: tuple[int, int] | None = None
    data_address: int | None = None
    data_offset: int | None = None
    data_sizes: tuple[int, int] | None = None
    extra_phdrs: list[tuple[int, int]] = field(default_factory=list)
    extra: list[Section] = field(default_factory=list)
    symbols: list[Symbol] = field(default_factory=list)
    sections: bool = True
    text_align: int = 8
    text_flags: int = ALLOC | EXEC
    patches: list[tuple[int, bytes]] = field(default_factory=list)
    cut: int | None = None
    edit: Callable[[bytearray], None] | None = None

    @property
    def base(self) -> int:
        return self.target.text_base

    @property
    def first(self) -> int:
        """Address of the first byte of code."""
        return self.base + HEADERS + 56 * len(self.extra_phdrs)

    @property
    def code(self) -> bytes:
        return CODE[self.target.name] if self.text is None else self.text

    @property
    def text_size(self) -> int:
        return self.first - self.base + len(self.code) + len(self.rodata)

    @property
    def data_base(self) -> int:
        return self.target.round_segment(self.base + self.text_size)

    def build(self) -> bytes:
        headers = HEADERS + 56 * len(self.extra_phdrs)
        body = bytearray(headers) + self.code + self.rodata
        data_offset = len(body) if self.data_offset is None else self.data_offset
        body = body.ljust(data_offset, b"\0") + self.data
        text_sizes = self.text_sizes or (self.text_size, self.text_size)
        data_sizes = self.data_sizes or (len(self.data), len(self.data) + self.bss)
        data_base = self.data_base if self.data_address is None else self.data_address
        sections = self._sections(headers, data_offset, data_base)
        shoff, shnum = 0, 0
        if self.sections:
            shoff, shnum = self._write_sections(body, sections)
        body[:64] = struct.pack(
            "<16sHHIQQQIHHHHHH",
            b"\x7fELF\x02\x01\x01".ljust(16, b"\0"),
            self.type,
            self.target.elf_machine if self.machine is None else self.machine,
            1,
            self.first if self.entry is None else self.entry,
            self.phoff,
            shoff,
            0,
            64,
            56,
            self.phnum + len(self.extra_phdrs),
            64,
            shnum,
            max(shnum - 1, 0),
        )
        text_address = self.base if self.text_address is None else self.text_address
        phdrs = [
            (self.p_types[0], self.flags[0], 0, text_address, text_address, *text_sizes, 4096),
            (self.p_types[1], self.flags[1], data_offset, data_base, data_base, *data_sizes, 4096),
            *((kind, flags, 0, 0, 0, 0, 0, 8) for kind, flags in self.extra_phdrs),
        ]
        for index, phdr in enumerate(phdrs):
            body[64 + 56 * index : 120 + 56 * index] = struct.pack("<IIQQQQQQ", *phdr)
        for at, patch in self.patches:
            body[at : at + len(patch)] = patch
        if self.edit:
            self.edit(body)
        return bytes(body[: self.cut])

    def _sections(self, headers: int, data_offset: int, data_base: int) -> list[Section]:
        text = len(self.code)
        made = [
            Section(
                ".text", self.first, type=PROGBITS, flags=self.text_flags, offset=headers, size=text,
                align=self.text_align,
            )
        ]  # fmt: skip
        if self.rodata:
            made.append(
                Section(".rodata", self.first + text, flags=ALLOC, offset=headers + text, size=len(self.rodata))
            )
        if self.data:
            made.append(Section(".data", data_base, flags=ALLOC | WRITE, offset=data_offset, size=len(self.data)))
        if self.bss:
            made.append(
                Section(".bss", data_base + len(self.data), type=NOBITS, flags=ALLOC | WRITE, offset=0, size=self.bss)
            )
        return made + self.extra

    def _write_sections(self, body: bytearray, sections: list[Section]) -> tuple[int, int]:
        """Append symbols, names and section headers; their offset and count."""
        names = [section.name for section in sections]
        if self.symbols:
            strings = bytearray(b"\0")
            table = bytearray(24)
            for symbol in self.symbols:
                where = symbol.section
                number = where if isinstance(where, int) else names.index(where) + 1 if where else 0
                info = symbol.binding << 4 | symbol.type
                table += struct.pack("<IBBHQQ", len(strings), info, 0, number, symbol.address, symbol.size)
                strings += symbol.name.encode() + b"\0"
            sections = [
                *sections,
                Section(".symtab", data=bytes(table), type=SYMTAB, entry_size=24),
                Section(".strtab", data=bytes(strings), type=STRTAB),
            ]
        strings = bytearray(b"\0")
        headers = [bytes(64)]
        for index, section in enumerate([*sections, Section(".shstrtab", type=STRTAB)]):
            name = len(strings)
            strings += section.name.encode() + b"\0"
            offset = section.offset
            size = len(section.data) if section.size is None else section.size
            if offset is None:
                offset = len(body)
                data = bytes(strings) if section.name == ".shstrtab" else section.data
                body += data
                size = len(data) if section.size is None else size
            link = index + 2 if section.type == SYMTAB else 0
            headers.append(
                struct.pack(
                    "<IIQQQQIIQQ", name, section.type, section.flags, section.address, offset, size, link, 0,
                    section.align, section.entry_size,
                )
            )  # fmt: skip
        body += bytes(-len(body) % 8)
        shoff = len(body)
        body += b"".join(headers)
        return shoff, len(headers)


@dataclass
class Aout:
    """An a.out, good unless fields say otherwise; sizes that are None are the true ones, and `symbols` is one."""

    target: Target = field(default_factory=lambda: AMD64)
    text: bytes | None = None
    data: bytes = b"data"
    bss: int = 16
    symbols: bytes | None = None
    magic: int | None = None
    entry: int | None = None
    sizes: tuple[int | None, int | None, int | None] = (None, None, None)
    cut: int | None = None

    def build(self) -> bytes:
        text = CODE[self.target.name] if self.text is None else self.text
        text_size, data_size, syms = self.sizes
        symbols = self.symbols
        if symbols is None:
            symbols = struct.pack(">QB", self.target.text_base + 40, ord("T") | 0x80) + b"main\0"
        entry = self.target.text_base + 40 if self.entry is None else self.entry
        head = struct.pack(
            ">8IQ",
            self.target.aout_magic if self.magic is None else self.magic,
            len(text) if text_size is None else text_size,
            len(self.data) if data_size is None else data_size,
            self.bss,
            len(symbols) if syms is None else syms,
            entry & 0xFFFFFFFF,
            0,
            0,
            entry,
        )
        return (head + text + self.data + symbols)[: self.cut]
