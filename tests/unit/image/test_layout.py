"""plan() against exec's rules (facts/exec.md §3-4) and what was observed on running kernels."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.image import ExecError, Plan, Script, guess_target, plan
from elf9.target import TARGETS, Target

from .builder import AMD64, ARM64, Aout, Elf

Ebadexec = "exec header invalid"
Enovmem = "virtual memory allocation failed"
both = pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)


def planned(data: bytes, target: Target = AMD64) -> Plan:
    made = plan(data[:256], target)
    assert isinstance(made, Plan)
    return made


def refusal(data: bytes, target: Target = AMD64, **options: bool) -> ExecError:
    with pytest.raises(ExecError) as caught:
        plan(data[:256], target, **options)
    assert caught.value.reason and "\n" not in caught.value.reason
    return caught.value


@pytest.mark.parametrize(
    ("target", "t", "d", "b"),
    [(AMD64, 0x400000, 0x401000, 0x403000), (ARM64, 0x20000, 0x21000, 0x23000)],
    ids=lambda value: getattr(value, "name", None),
)
def test_worked_example(target, t, d, b):
    """facts/exec.md §8: the same layout from the ELF and from the a.out."""
    elf = Elf(target, text_sizes=(0x1234, 0x1234), data_offset=0x2000, data_sizes=(0x345, 0x2345)).build()
    aout = Aout(target, sizes=(0x120C, 0x345, None), bss=0x2000).build()
    for data, text_offset, data_offset in ((elf, 0, 0x2000), (aout, 0, 0x1234)):
        made = planned(data, target)
        assert (made.text.base, made.text.top, made.text.offset, made.text.size) == (
            target.text_base,
            t,
            text_offset,
            0x1234,
        )
        assert (made.data.base, made.data.top, made.data.offset, made.data.size) == (t, d, data_offset, 0x345)
        assert (made.bss_base, made.bss_top, made.fatal) == (d, b, None)


@both
@pytest.mark.parametrize("size", range(4))
def test_fewer_than_four_bytes(target, size):
    for start in (b"#!/b", b"\x7fELF", target.aout_magic.to_bytes(4, "big")):
        assert refusal(start[:size], target).text == Ebadexec


@both
def test_elf_of_175_bytes_is_refused_and_of_176_is_not(target):
    data = Elf(target).build()
    assert "175" in refusal(data[:175], target).reason
    planned(data[:176], target)


@both
@pytest.mark.parametrize("phnum", [0, 1, 3, 4, 0xFFFF])
def test_phnum(target, phnum):
    assert f"is {phnum}," in refusal(Elf(target, phnum=phnum).build(), target).reason


@pytest.mark.parametrize("flags", [(4, 6), (7, 6), (5, 4), (5, 7), (5, 0), (6, 5), (5 | 1 << 20, 6), (5, 6 | 1 << 31)])
def test_flags_must_be_5_and_6_exactly(flags):
    error = refusal(Elf(flags=flags).build())
    assert ("file offset 0x44" if flags[0] != 5 else "file offset 0x7c") in error.reason


def test_phnum_is_looked_at_before_flags():
    assert "e_phnum" in refusal(Elf(phnum=3, flags=(0, 0)).build()).reason


@pytest.mark.parametrize(
    "fields",
    [
        {"type": 0},
        {"type": 3},
        {"phoff": 0},
        {"phoff": 1 << 40},
        {"p_types": (0, 4)},
        {"p_types": (3, 2)},
        {"text_address": 0},
        {"data_address": 0xDEAD},
        {"text_sizes": (0x200, 0)},
        {"text_sizes": (0x200, 1 << 60)},
        {"entry": 0},
        {"entry": 0xFFFFFFFF80110000},
        {"patches": [(4, bytes(12))]},
        {"patches": [(4, b"\xff" * 12)]},
        {"patches": [(20, b"\xff" * 4)]},
        {"patches": [(52, b"\xff" * 4)]},
        {"data_offset": 100},
    ],
    ids=str,
)
def test_what_exec_does_not_check(fields):
    """Each observed to load (facts/observed-amd64.md §a2)."""
    assert planned(Elf(**fields).build()).data.base == 0x400000


@both
@pytest.mark.parametrize(("machine", "align"), [(62, 0x200000), (183, 0x10000), (0, 0x1000), (3, 0x1000), (40, 0x1000)])
def test_machine_selects_the_rounding_only(target, machine, align):
    made = planned(Elf(target, machine=machine).build(), target)
    assert made.align == align
    assert made.data.base == -(-(target.text_base + made.text.size) // align) * align


@pytest.mark.parametrize(
    ("target", "size", "base"),
    [
        (AMD64, 0x1FFFFF, 0x400000),
        (AMD64, 0x200000, 0x400000),
        (AMD64, 0x200001, 0x600000),
        (AMD64, 3 << 20, 0x600000),
        (AMD64, 0, 0x200000),
        (AMD64, (1 << 64) - 1, 0x200000),
        (ARM64, 0xFFFF, 0x20000),
        (ARM64, 0x10000, 0x20000),
        (ARM64, 0x10001, 0x30000),
    ],
)
def test_data_base_by_text_size(target, size, base):
    made = planned(Elf(target, text_sizes=(size, size)).build(), target)
    assert (made.data.base, made.fatal) == (base, None)
    assert made.text.top == base
    assert made.text.loaded == (size if size < 1 << 63 else 0)


@pytest.mark.parametrize(
    ("target", "text", "data", "outcome"),
    [
        (AMD64, 0x200, (4, 1 << 40), Enovmem),
        (AMD64, 0x200, (4, 1 << 46), Enovmem),
        (AMD64, 0x200, (1 << 40, 1 << 40), Enovmem),
        (AMD64, 0x200, (4, 64 << 20), None),
        (AMD64, 0x200, (4, 1 << 30), None),
        (AMD64, 0x200, (4, 1 << 47), Ebadexec),
        (AMD64, 0x200, (0x1000, 0x1000 + (64 << 30)), None),
        (AMD64, 0x200, (0x1000, 0x1001 + (64 << 30)), Enovmem),
        (AMD64, 0x200, (0x1800, 0x1400), None),
        (AMD64, 0x200, (0x1800, 0x800), Enovmem),
        (AMD64, 0x200, (0x1800, 0), Enovmem),
        (ARM64, 0x200, (4, 8 << 30), None),
        (ARM64, 0x200, (4, 16 << 30), Enovmem),
        (ARM64, 0x200, (4, 1 << 40), Ebadexec),
        (ARM64, 8 << 30, (4, 4), None),
        (ARM64, 16 << 30, (4, 4), Enovmem),
        (ARM64, 1 << 36, (4, 4), Ebadexec),
    ],
)
def test_sizes(target, text, data, outcome):
    elf = Elf(target, text_sizes=(text, text), data_sizes=data).build()
    if outcome == Ebadexec:
        assert refusal(elf, target).text == Ebadexec
    else:
        assert planned(elf, target).fatal == outcome


def test_end_of_image_is_exclusive():
    limit = AMD64.stack_base
    top = limit - 0x400000
    assert refusal(Elf(data_sizes=(0, top)).build()).text == Ebadexec
    assert planned(Elf(data_sizes=(0, top - 0x1000)).build()).fatal == Enovmem


def test_a_page_count_is_32_bits_wide():
    """2^32 pages of data vanish from the segment (newseg's size is a ulong)."""
    made = planned(Elf(data_sizes=(1 << 44, (1 << 44) + 0x1000)).build())
    assert made.fatal is None
    assert made.data.base == made.data.top == 0x400000
    assert (made.bss_base, made.bss_top) == (0x400000 + (1 << 44), 0x401000 + (1 << 44))


@both
def test_aout_entry_must_be_in_text_behind_the_header(target):
    first = target.text_base + 40
    for entry, good in ((first, True), (first + 15, True), (first - 1, False), (first + 16, False), (0, False)):
        data = Aout(target, entry=entry).build()
        if good:
            assert planned(data, target).entry == entry
        else:
            assert refusal(data, target).text == Ebadexec
    assert refusal(Aout(target, text=b"").build(), target).text == Ebadexec


@both
@pytest.mark.parametrize("size", [4, 31, 32, 39])
def test_short_aout(target, size):
    assert f"{size} bytes" in refusal(Aout(target).build()[:size], target).reason


def test_aout_sizes_are_unsigned():
    made = planned(Aout(sizes=(0xFFFFFFFF, 0xFFFFFFFF, 0)).build())
    assert (made.text.size, made.data.size) == (0xFFFFFFFF + 40, 0xFFFFFFFF)
    assert (
        refusal(Aout(ARM64, sizes=(0xFFFFFFFF, 0xFFFFFFFF, 0), bss=0).build()[:4] + b"\xff" * 36, ARM64).text
        == Ebadexec
    )


@pytest.mark.parametrize("magic", [0x8C47, 0x1EB, 0x80008A97, 0x0A97])
def test_aout_of_another_kind(magic):
    assert refusal(Aout(magic=magic).build()).text == Ebadexec


def test_aout_of_another_machine_is_named():
    assert "arm64" in refusal(Aout(ARM64).build(), AMD64).reason
    assert "module" in refusal(Aout(magic=0x80008A97).build()).reason


@pytest.mark.parametrize("data", [bytes(256), b"MZ\x90\0" + bytes(200), b"hello world\n", b"#", b"\xff" * 256])
def test_garbage(data):
    assert refusal(data).text == Ebadexec
    assert refusal(data, script_allowed=False).text == Ebadexec


def test_a_script_is_no_interpreter():
    assert isinstance(plan(b"#!/bin/rc\n", AMD64), Script)
    assert "one `#!` only" in refusal(b"#!/bin/rc\n", script_allowed=False).reason


def test_guess_target():
    assert guess_target(Elf(AMD64).build()) is AMD64
    assert guess_target(Elf(ARM64).build()) is ARM64
    assert guess_target(Aout(AMD64).build()) is AMD64
    assert guess_target(Aout(ARM64).build()) is ARM64
    for other in (b"", b"\x7fELF", b"#!/bin/rc\n", bytes(64), Elf(machine=3).build()):
        assert guess_target(other) is None


@given(
    target=st.sampled_from(list(TARGETS.values())),
    sizes=st.tuples(*[st.one_of(st.integers(0, 1 << 22), st.integers(0, (1 << 64) - 1))] * 3),
    machine=st.sampled_from([62, 183, 3]),
)
def test_any_elf_sizes(target, sizes, machine):
    """Whatever the sizes: refused, fatal, or three segments that follow each other below the stack."""
    text, data, memory = sizes
    elf = Elf(target, machine=machine, text_sizes=(text, text), data_sizes=(data, memory)).build()
    try:
        made = planned(elf, target)
    except ExecError as error:
        assert error.text == Ebadexec
        return
    if made.fatal:
        assert made.fatal == Enovmem
        return
    assert made.text.base <= made.text.top <= made.data.base <= made.data.top <= made.bss_base <= made.bss_top
    assert made.bss_top < target.stack_base
    assert made.data.base % made.align == 0 == made.bss_base % target.page == made.bss_top % target.page
    if max(sizes) < 1 << 32:
        assert made.text.top == made.data.base
        assert made.data.top == made.bss_base
        assert 0 <= made.data.base - (target.text_base + text) < made.align


@given(st.binary(max_size=256), st.sampled_from(list(TARGETS.values())), st.booleans())
def test_any_bytes(head, target, script):
    try:
        plan(head, target, script_allowed=script)
    except ExecError as error:
        assert error.text in {Ebadexec, "empty file name"}


@given(st.binary(max_size=120), st.sampled_from(list(TARGETS.values())), st.sampled_from(["elf", "a.out"]))
def test_any_header(rest, target, kind):
    magic = b"\x7fELF" if kind == "elf" else target.aout_magic.to_bytes(4, "big")
    try:
        made = plan(magic + rest, target)
    except ExecError as error:
        assert error.text == Ebadexec
    else:
        assert isinstance(made, Plan) and made.kind == kind


def test_fields_are_little_endian_even_when_the_header_says_big():
    data = bytearray(Elf().build())
    data[5] = 2
    assert planned(bytes(data)).entry == struct.unpack_from("<Q", data, 24)[0]


def test_importing_image_stays_cheap():
    """`elf9 run` has 40 ms in all."""
    heavy = (
        "dataclasses typing enum inspect pathlib logging json subprocess random shutil tempfile re capstone elftools"
    )
    code = f"import sys, elf9.image; print([name for name in '{heavy}'.split() if name in sys.modules])"
    path = next(path for path in sys.path if path.endswith("site_scons"))
    command = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {path!r}); {code}"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
