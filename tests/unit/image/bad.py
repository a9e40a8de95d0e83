"""One deliberately bad file for every rule of `elf9 check`, each made by code: rule id -> contents."""

from __future__ import annotations

import struct
from collections.abc import Callable

from elf9.image.symbols import encode_symbols

from .builder import (
    ALLOC,
    AMD64,
    ARM64,
    DYNAMIC,
    EXEC,
    NOTE,
    RELA,
    TLS,
    WRITE,
    Aout,
    Elf,
    Section,
    Symbol,
)

GNU_STACK, GNU_PROPERTY, GNU_RELRO, GNU_EH_FRAME = 0x6474E551, 0x6474E553, 0x6474E552, 0x6474E550


def in_data(name: str, **fields: object) -> bytes:
    """A program with one more section of 8 bytes in its data segment."""
    elf = Elf(data=bytes(64))
    address = elf.data_base + 32
    offset = elf.text_size + 32
    section = Section(name, address, flags=ALLOC | WRITE, offset=offset, size=8)
    for key, value in fields.items():
        setattr(section, key, value)
    elf.extra.append(section)
    return elf.build()


def in_text(name: str, **fields: object) -> bytes:
    """A program with one more section of 8 bytes behind its code."""
    elf = Elf(rodata=bytes(16))
    section = Section(name, elf.first + 16, flags=ALLOC, offset=elf.first - elf.base + 16, size=8)
    for key, value in fields.items():
        setattr(section, key, value)
    elf.extra.append(section)
    return elf.build()


def symbol(**fields: object) -> bytes:
    """A program with one symbol."""
    made = Symbol("symbol", AMD64.text_base + 176)
    for key, value in fields.items():
        setattr(made, key, value)
    return Elf(symbols=[made]).build()


def code(*words: int) -> bytes:
    """An arm64 program with these instructions in front."""
    text = b"".join(word.to_bytes(4, "little") for word in words)
    return Elf(ARM64, text=text + b"\x00\x00\x00\x14").build()


def amd64(instruction: bytes) -> bytes:
    """An amd64 program with this instruction in front."""
    return Elf(text=instruction + b"\xeb\xfe").build()


def extra_header(kind: int) -> bytes:
    return Elf(extra_phdrs=[(kind, 6)]).build()


def displaced_by_build_id() -> bytes:
    """As ld makes it: the note behind the headers becomes the data segment's first section."""
    elf = Elf(rodata=bytes(36))
    note = elf.first + 16
    elf.data_address = note
    elf.extra.append(Section(".note.gnu.build-id", note, type=NOTE, flags=ALLOC, offset=note - elf.base, size=36))
    return elf.build()


def relocations(kind: int) -> bytes:
    entry = struct.pack("<QQq", 0x400000, kind, 0)
    elf = Elf(rodata=entry)
    elf.extra.append(
        Section(".rela.dyn", elf.first + 16, type=RELA, flags=ALLOC, offset=elf.first - elf.base + 16, size=24)
    )
    return elf.build()


def damaged_symbols() -> bytes:
    return Aout(symbols=encode_symbols([("main", AMD64.text_base + 40, "T")])[:-1]).build()


BAD: dict[str, Callable[[], bytes]] = {
    "file-empty": lambda: b"",
    "magic": lambda: bytes(4096),
    "module": lambda: Aout(magic=0x80008A97).build(),
    "other-machine": lambda: Aout(magic=0x1EB).build(),
    "elf-truncated": lambda: Elf().build()[:175],
    "elf-class": lambda: Elf(patches=[(4, b"\x01")]).build(),
    "elf-data": lambda: Elf(patches=[(5, b"\x02")]).build(),
    "elf-type": lambda: Elf(type=3).build(),
    "e-machine": lambda: Elf(machine=3).build(),
    "phoff": lambda: Elf(phoff=0x1000).build(),
    "phentsize": lambda: Elf(patches=[(54, b"\x40")]).build(),
    "phnum": lambda: Elf(phnum=1).build(),
    "phdr-flags": lambda: Elf(flags=(5, 0)).build(),
    "phdr-type": lambda: Elf(p_types=(1, 0)).build(),
    "stack-note": lambda: extra_header(GNU_STACK),
    "property-note": lambda: extra_header(GNU_PROPERTY),
    "note-segment": lambda: extra_header(4),
    "relro": lambda: extra_header(GNU_RELRO),
    "eh-frame-header": lambda: extra_header(GNU_EH_FRAME),
    "interp": lambda: in_text(".interp"),
    "dynamic-section": lambda: in_data(".dynamic", type=DYNAMIC),
    "tls-section": lambda: in_data(".tdata", flags=ALLOC | WRITE | TLS),
    "image-too-large": lambda: Elf(data_sizes=(4, 1 << 47)).build(),
    "segment-too-large": lambda: Elf(data_sizes=(1 << 40, 1 << 40)).build(),
    "bss-too-large": lambda: Elf(data_sizes=(4, 1 << 40), bss=0).build(),
    "memory-below-file": lambda: Elf(data=bytes(0x1800), data_sizes=(0x1800, 0x800), bss=0).build(),
    "text-address": lambda: Elf(text_address=0).build(),
    "data-address": lambda: Elf(data_address=0x201000).build(),
    "build-id": displaced_by_build_id,
    "text-memory": lambda: Elf(text_sizes=(192, 0x1000)).build(),
    "segment-truncated": lambda: Elf(sections=False).build()[:-2],
    "segment-overlap": lambda: Elf(data_offset=176, sections=False).build(),
    "page-cache-collision": lambda: Elf(data_offset=0x1000).build(),
    "entry-outside-text": lambda: Elf(entry=0).build(),
    "entry-in-header": lambda: Elf(entry=AMD64.text_base + 64).build(),
    "entry-not-code": lambda: Elf(rodata=bytes(16), entry=AMD64.text_base + 192).build(),
    "unaligned-entry": lambda: Elf(ARM64, entry=ARM64.text_base + 178).build(),
    "section-table": lambda: Elf(patches=[(40, b"\xff\xff\xff\x7f")]).build(),
    "symbol-table": lambda: Elf(extra=[Section(".symtab", type=2, entry_size=7, data=bytes(7))]).build(),
    "no-sections": lambda: Elf(sections=False).build(),
    "writable-text": lambda: Elf(text_flags=ALLOC | EXEC | WRITE).build(),
    "executable-data": lambda: in_data(".text.late", flags=ALLOC | WRITE | EXEC),
    "section-outside": lambda: in_data(".data.far", address=0x900000),
    "section-displaced": lambda: in_data(".data.moved", address=0x400010),
    "data-misaligned": lambda: in_data(".data.odd", align=64),
    "orphan-section": lambda: in_data("plants"),
    "debug-allocated": lambda: in_data(".debug_info"),
    "constructors": lambda: Elf(
        data=bytes(8),
        bss=0,
        symbols=[Symbol("main", AMD64.text_base + 176)],
        extra=[Section(".init_array", 0x400000, flags=ALLOC | WRITE, offset=192, size=8)],
    ).build(),
    "dynamic-relocations": lambda: relocations(8),
    "ifunc": lambda: symbol(type=10),
    "unresolved-weak": lambda: symbol(section="", binding=2, address=0, type=0),
    "undefined-symbol": lambda: symbol(section="", address=0, type=0),
    "host-libc": lambda: symbol(name="__libc_start_main"),
    "outline-atomics": lambda: symbol(name="__aarch64_ldadd4_acq_rel"),
    "privileged-instruction": lambda: amd64(b"\xfa"),
    "trapped-instruction": lambda: code(0xD50B7420),  # dc zva, x0
    "foreign-interrupt": lambda: amd64(b"\xcd\x80"),
    "segment-register": lambda: amd64(bytes.fromhex("64488b042528000000")),
    "unavailable-instruction": lambda: code(0xB8200041),  # ldadd w0, w1, [x2]
    "undecodable-code": lambda: amd64(b"\x06\x06\x06"),
    "aout-truncated": lambda: Aout().build()[:39],
    "aout-entry": lambda: Aout(entry=AMD64.text_base).build(),
    "aout-symbols-truncated": lambda: Aout(sizes=(None, None, 100)).build(),
    "aout-symbols": damaged_symbols,
    "no-symbols": lambda: Aout(symbols=b"").build(),
    "aout-symbol-address": lambda: Aout(symbols=encode_symbols([("far", 0x900000, "D")])).build(),
    "script-line": lambda: b"#!/bin/rc " + b"x" * 300 + b"\n",
    "script-interpreter": lambda: b"#! \necho\n",
    "script-words": lambda: b"#!/bin/rc" + b" x" * 31 + b"\n",
    "script-relative": lambda: b"#!rc\n",
    "script-host-interpreter": lambda: b"#!/usr/bin/env python3\n",
    "script-quote": lambda: b"#!/bin/rc 'x\n",
    "script-nul": lambda: b"#!/bin/rc x\0y\n",
    "script-crlf": lambda: b"#!/bin/rc\r\necho\r\n",
}

#: What else such a file cannot help breaking.
ALSO: dict[str, set[str]] = {
    "stack-note": {"phnum"},
    "property-note": {"phnum"},
    "note-segment": {"phnum"},
    "relro": {"phnum"},
    "eh-frame-header": {"phnum"},
    "segment-too-large": {"segment-truncated"},
    "segment-overlap": {"no-sections"},
    "segment-truncated": {"no-sections"},
}
