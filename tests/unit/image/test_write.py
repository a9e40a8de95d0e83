"""The a.out writer and Plan 9's symbol table."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.image import Plan, aout_from_elf, plan, read_symbols
from elf9.image.check import check_bytes
from elf9.image.symbols import encode_symbols
from elf9.target import TARGETS

from .builder import ALLOC, AMD64, ARM64, EXEC, HEADERS, Aout, Elf, Section, Symbol

both = pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)


def planned(data: bytes, target) -> Plan:
    made = plan(data[:256], target)
    assert isinstance(made, Plan)
    return made


@both
def test_header(target):
    elf = Elf(target, rodata=b"constants", bss=0x2000)
    aout = aout_from_elf(elf.build())
    assert {finding.rule for finding in check_bytes(aout, "x").findings} == {"no-symbols"}
    text_size = elf.text_size - 40
    assert struct.unpack_from(">8IQ", aout) == (target.aout_magic, text_size, 4, 0x2000, 0, elf.first, 0, 0, elf.first)
    assert len(aout) == 40 + text_size + 4
    assert aout[40:HEADERS] == bytes(HEADERS - 40)
    assert aout[HEADERS : elf.text_size] == elf.code + b"constants"
    assert aout[elf.text_size :] == b"data"


@given(
    target=st.sampled_from(list(TARGETS.values())),
    code=st.integers(16, 3 << 16),
    data=st.binary(max_size=9000),
    bss=st.integers(0, 1 << 21),
    offset=st.sampled_from([None, 0x40000, 0x40123]),
)
def test_every_byte_keeps_its_address(target, code, data, bss, offset):
    """Both files give exec the same segments, and the same bytes behind the headers."""
    elf = Elf(target, text=b"\x90" * code, data=data, bss=bss, data_offset=offset).build()
    aout = aout_from_elf(elf)
    one, other = planned(elf, target), planned(aout, target)
    assert (one.entry, one.bss_base, one.bss_top) == (other.entry, other.bss_base, other.bss_top)
    for a, b in ((one.text, other.text), (one.data, other.data)):
        assert (a.base, a.top, a.size) == (b.base, b.top, b.size)
    assert elf[HEADERS : one.text.size] == aout[HEADERS : other.text.size]
    assert elf[one.data.offset :][: one.data.size] == aout[other.data.offset :][: other.data.size] == data


def test_symbols():
    elf = Elf(rodata=b"constants")
    first, data = elf.first, elf.data_base
    elf.symbols = [
        Symbol("main", first),
        Symbol("local", first + 2, binding=0),
        Symbol("label", first + 4, type=0),
        Symbol("weak", first + 6, binding=2),
        Symbol("$x", first, type=0, binding=0),
        Symbol(".L1", first, type=0, binding=0),
        Symbol("constant", first + 16, ".rodata", type=1),
        Symbol("etext", first + 25, ".rodata", type=0),
        Symbol("variable", data, ".data", type=1),
        Symbol("__data_start", data, ".data", type=0),
        Symbol("private", data + 1, ".data", type=1, binding=0),
        Symbol("edata", data + 4, 0xFFF1, type=0),
        Symbol("zeros", data + 4, ".bss", type=1),
        Symbol("hidden", data + 8, ".bss", type=1, binding=0),
        Symbol("end", data + 20, ".bss", type=0),
        Symbol("undefined", 0, ""),
        Symbol("file.c", 0, 0xFFF1, type=4),
        Symbol("CONSTANT", 12, 0xFFF1, type=0),
        Symbol("", first, ".text", type=3),
        Symbol("naïve", first + 8),
    ]
    data_bytes = aout_from_elf(elf.build())
    assert read_symbols(data_bytes) == [
        ("main", first, "T"),
        ("local", first + 2, "t"),
        ("label", first + 4, "T"),
        ("weak", first + 6, "T"),
        ("naïve", first + 8, "T"),
        ("constant", first + 16, "D"),
        ("etext", first + 16, "T"),
        ("variable", data, "D"),
        ("private", data + 1, "d"),
        ("edata", data + 4, "D"),
        ("zeros", data + 4, "B"),
        ("hidden", data + 8, "b"),
        ("end", data + 20, "B"),
    ]
    size = struct.unpack_from(">I", data_bytes, 16)[0]
    assert data_bytes[-size:].startswith(struct.pack(">QB", first, ord("T") | 0x80) + b"main\0")
    assert check_bytes(data_bytes, "x").findings == []


def test_etext_is_the_last_text_symbol():
    """libmach takes an address behind the last T for data, whatever segment it is in."""
    elf = Elf(symbols=[Symbol("f", AMD64.text_base + HEADERS), Symbol("x" * 4096, AMD64.text_base + HEADERS)])
    found = read_symbols(aout_from_elf(elf.build()))
    assert found == [("f", elf.first, "T"), ("etext", elf.first + 16, "T")]


def test_the_writer_is_deterministic():
    elf = Elf(symbols=[Symbol(name, AMD64.text_base + HEADERS) for name in "cab"])
    assert aout_from_elf(elf.build()) == aout_from_elf(elf.build())
    assert [name for name, _, _ in read_symbols(aout_from_elf(elf.build()))] == ["a", "b", "c", "etext"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither"),
        (b"#!/bin/rc\n", "neither"),
        (Elf(machine=3).build(), "neither"),
        (Aout().build(), "already"),
        (Elf(phnum=3).build(), "e_phnum"),
        (Elf(flags=(5, 4)).build(), "FLAGS"),
        (Elf(text_address=0x10000).build(), "text is linked at 0x10000"),
        (Elf(data_address=0x201000).build(), "data is linked at 0x201000, but exec puts it at 0x400000"),
        (Elf(entry=AMD64.text_base + 8).build(), "outside text"),
        (Elf(entry=0).build(), "outside text"),
        (Elf(data_sizes=(4, 1 << 40)).build(), "virtual memory allocation failed"),
        (Elf(data_sizes=(0x1800, 0x1400), data=bytes(0x1800)).build(), "bss"),
        (Elf(data_sizes=(4, 1 << 33)).build(), "32 bits"),
        (Elf(sections=False).build()[:-2], "file ends"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_refused(data, words):
    with pytest.raises(ValueError, match=words):
        aout_from_elf(data)


def without_headers(target, first: bytes, symbols: list[Symbol], sections: bool = True) -> bytes:
    """Text that starts at the text base itself: its segment is at file offset 176 instead of 0."""
    elf = Elf(target, text=first + bytes(24) + Elf(target).code, symbols=symbols, sections=sections)
    elf.entry = target.text_base + 40
    elf.data_address = target.round_segment(target.text_base + len(elf.code))
    size = len(elf.code)

    def move(body: bytearray) -> None:
        body[64 + 8 : 64 + 48] = struct.pack("<5Q", HEADERS, target.text_base, target.text_base, size, size)
        if sections:
            (shoff,) = struct.unpack_from("<Q", body, 40)
            body[shoff + 64 + 16 : shoff + 64 + 24] = struct.pack("<Q", target.text_base)

    elf.edit = move
    return elf.build()


@both
def test_linked_without_headers(target):
    """Room for 40 bytes is enough, whatever the filling."""
    entry = Symbol("_start", target.text_base + 40)
    elf = without_headers(target, b"\x90" * 16, [entry])
    aout = aout_from_elf(elf)
    one, other = planned(elf, target), planned(aout, target)
    assert (one.data.base, one.text.size, one.entry) == (other.data.base, other.text.size, other.entry)
    assert elf[HEADERS + 40 :][:16] == aout[40:56]
    aout_from_elf(without_headers(target, bytes(16), [], sections=False))


@both
def test_code_where_the_header_goes(target):
    symbols = [Symbol("_start", target.text_base + 40), Symbol("early", target.text_base + 4)]
    with pytest.raises(ValueError, match="early is at"):
        aout_from_elf(without_headers(target, bytes(16), symbols))
    with pytest.raises(ValueError, match="no symbols to tell"):
        aout_from_elf(without_headers(target, b"\x90" * 16, [], sections=False))


def test_code_inside_the_elf_headers():
    elf = Elf(extra=[Section(".text.odd", AMD64.text_base + 8, flags=ALLOC | EXEC, offset=8, size=8)])
    elf.symbols = [Symbol("odd", AMD64.text_base + 8, ".text.odd")]
    with pytest.raises(ValueError, match=r"where the a\.out header goes"):
        aout_from_elf(elf.build())


names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)
letters = st.sampled_from("TtLlDdBbapmfU")
entries = st.lists(st.tuples(names, st.integers(0, (1 << 64) - 1), letters), max_size=30)


@given(entries, st.sampled_from([AMD64, ARM64]))
def test_symbol_table_round_trip(symbols, target):
    assert read_symbols(Aout(target, symbols=encode_symbols(symbols)).build()) == symbols


@given(st.binary(max_size=300))
def test_any_symbol_table(table):
    try:
        read_symbols(Aout(symbols=table).build())
    except ValueError as error:
        assert "file offset" in str(error)


def test_source_files_and_32_bit_values():
    """`z` names are made of the components that `f` symbols number (a.out(6)); 386 has no HDR_MAGIC."""
    table = b""
    for number, part in enumerate(["/", "sys", "src", "hello.c"], 1):
        table += struct.pack(">IB", number, ord("f") | 0x80) + part.encode() + b"\0"
    table += struct.pack(">IB", 1, ord("z") | 0x80) + b"\0" + struct.pack(">5H", 1, 2, 3, 4, 0)
    table += struct.pack(">IB", 0x1020, ord("T") | 0x80) + b"main\0"
    table += struct.pack(">IB", 0x1040, ord("T")) + b"old".ljust(20, b"\0") + b"\0\0\0"
    head = struct.pack(">8I", 0x1EB, 8, 0, 0, len(table), 0x1020, 0, 0)
    symbols = read_symbols(head + bytes(8) + table)
    assert symbols[4:] == [("/sys/src/hello.c", 1, "z"), ("main", 0x1020, "T"), ("old", 0x1040, "T")]


@pytest.mark.parametrize("data", [b"", b"\x7fELF" + bytes(60), bytes(64), Aout(sizes=(None, None, 99)).build()])
def test_no_symbol_table(data):
    with pytest.raises(ValueError, match=r"not an a\.out|symbol table"):
        read_symbols(data)


def test_names_that_cannot_be_written():
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(ValueError, match="cannot be written"):
            encode_symbols([(name, 0, "T")])
