"""The runtime's C and assembly, run under the hostile kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

STRINGS = Path(__file__).resolve().parents[3] / "runtime" / "libc" / "string"
OPTIMIZE = ["-O0", "-O2", "-Os"]
VARIANTS = pytest.mark.parametrize(
    ("optimize", "floating"),
    [("-O0", False), ("-O2", False), ("-Os", False), ("-O0", True), ("-O2", True)],
    ids=["O0", "O2", "Os", "O0-float", "O2-float"],
)


@VARIANTS
def test_print(workshop, hostile, programs, optimize, floating):
    name = f"print{optimize}{floating}"
    process = hostile(workshop.program(name, [programs / "print.c"], optimize=optimize, floating=floating), "x", "last")
    assert process.finish() == "a status"
    assert process.output[1].decode().splitlines() == [
        "0 -2147483648 4294967295 ff ffffffff 10 101",
        "-4611686018427387904 ffffffffffffffff 18446744073709551615",
        "[   42] [42   ] [-0042] [   7] [7   ]",
        "-0x1 0xff 0x1234 0",
        "word [    ab] [ab    ] <nil> xy %",
        "-32768 -128 32768 ff -5 5 -6",
        "an error|an error",
        "%y%|3",
        "5 trunc",
        "-1 0",
        "".join(f"{n**4}," for n in range(60)),
        "-1",
    ]
    assert process.output[2] == b"last\n"


@VARIANTS
def test_library(workshop, hostile, programs, optimize, floating):
    name = f"library{optimize}{floating}"
    program = workshop.program(name, [programs / "library.c"], optimize=optimize, floating=floating)
    process = hostile(program, "library", "one", "two")
    process.input = b"twelve bytesend"
    assert process.finish() == "", process.output[2]


def test_falling_off_plan9_main_is_a_failure(workshop, hostile, programs):
    assert hostile(workshop.program("falls", [programs / "falls.c"])).finish() == "main"


def test_value_of_iso_main_is_the_status(workshop, hostile, programs):
    program = workshop.program("iso", [programs / "iso.c"])
    assert hostile(program, "iso").finish() == ""
    assert hostile(program, "iso", "1", "2", "3").finish() == "3"


def test_atexit(workshop, hostile, programs):
    process = hostile(workshop.program("atexit", [programs / "atexit.c"]))
    assert process.finish() == "done"
    assert process.output[1].decode().splitlines() == ["1 1", "33", "second", "first", "late"]


@pytest.mark.parametrize("extra", [(), ("-fno-threadsafe-statics", "-fno-use-cxa-atexit")], ids=["abi", "plain"])
@pytest.mark.parametrize("optimize", OPTIMIZE)
def test_cxx_objects_live_and_die(workshop, hostile, programs, optimize, extra):
    source = workshop.compile(programs / "objects.cc", optimize=optimize, extra=extra)
    program = workshop.link(f"objects{optimize}{len(extra)}", [source, workshop.library()])
    process = hostile(program, "objects")
    assert process.finish() == ""
    lines = process.output[1].decode().splitlines()
    assert lines[:4] == ["made 1", "made 2", "main", "made 3"]
    assert lines[4:8] == ["made 6", "6", "derived 6 gone", "base gone"]
    assert lines[8::2] == ["derived 3 gone", "derived 2 gone", "derived 1 gone"]
    assert lines[9::2] == ["base gone"] * 3


@pytest.mark.parametrize("optimize", OPTIMIZE)
def test_floats_are_ieee(workshop, hostile, programs, optimize):
    program = workshop.program(f"float{optimize}", [programs / "float.c"], optimize=optimize, floating=True)
    process = hostile(program)
    assert process.finish() == ""
    state = {"amd64": "1f80 37f", "arm64": "0"}[workshop.target.name]
    assert process.output[1].decode().splitlines() == [state, "6"]


def test_entry_aligns_the_stack_for_any_arguments(workshop, hostile, programs):
    program = workshop.program("iso", [programs / "iso.c"])
    seen = set()
    for words in range(4):
        process = hostile(program, "iso", *(["x"] * words))
        seen.add(process.first_sp % 16)
        process.finish()
        assert process.sp_at_call[-1] % 16 == 0
    assert seen == {0, 8}


def test_entry_clears_the_direction_flag(workshop, hostile, programs):
    if workshop.target.name != "amd64":
        return  # no other machine has the flag
    process = hostile(workshop.program("iso", [programs / "iso.c"]), "iso")
    flags = process.register("EFLAGS")
    process.uc.reg_write(flags, 0x602)
    assert process.finish() == ""
    assert process.uc.reg_read(flags) & 0x400 == 0


def test_integer_flavour_has_no_vector_instruction(workshop, programs):
    """A note handler may not touch a floating-point register (facts/abi.md §3)."""
    program = workshop.program("library-O2False", [programs / "library.c"])
    listing = workshop.disassemble(program)
    words = {"amd64": ["%xmm", "%st", "%mm"], "arm64": ["\tq", " q0", " d0", " v0", " s0"]}[workshop.target.name]
    assert not [line for line in listing.splitlines() if any(word in line for word in words)]


@pytest.fixture(scope="module")
def memory(workshop, programs, hostile):
    """A process whose functions are called one by one, and the address of its memory."""
    names = ["memmove", "memset", "memcmp"]
    sources = [workshop.target_sources(name) for name in names] + [programs / "shim_start.S"]
    sources += [STRINGS / f"{name}.c" for name in ("memchr", "strchr", "strcmp", "strlen", "strncmp", "strrchr")]
    program = workshop.link("memory", [workshop.compile(path) for path in sources], extra=["--no-gc-sections"])
    process = hostile(program)
    return process, process.target.stack_base


RULES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@RULES
@given(data=st.data(), name=st.sampled_from(["memmove", "memcpy"]))
def test_memmove(memory, data, name):
    process, base = memory
    size = data.draw(st.integers(0, 200) | st.integers(200, 600))
    source, target = data.draw(st.integers(0, 300)), data.draw(st.integers(0, 300))
    before = process.random.randbytes(900)
    process.uc.mem_write(base, before)
    assert process.invoke(name, base + target, base + source, size) == base + target
    wanted = bytearray(before)
    wanted[target : target + size] = before[source : source + size]
    assert process.uc.mem_read(base, 900) == wanted


@RULES
@given(at=st.integers(0, 64), size=st.integers(0, 200) | st.integers(200, 600), byte=st.integers(0, 0xFFFFFFFF))
def test_memset(memory, at, size, byte):
    process, base = memory
    process.uc.mem_write(base, b"\x55" * 700)
    assert process.invoke("memset", base + at, byte, size) == base + at
    wanted = b"\x55" * at + bytes([byte & 255]) * size
    assert process.uc.mem_read(base, 700) == wanted.ljust(700, b"\x55")


@RULES
@given(data=st.data())
def test_memcmp(memory, data):
    process, base = memory
    left = data.draw(st.binary(max_size=60))
    right = data.draw(st.one_of(st.just(left), st.binary(min_size=len(left), max_size=len(left))))
    change = data.draw(st.integers(0, max(0, len(left) - 1)))
    right = left[:change] + right[change:]
    process.uc.mem_write(base + 3, left + b"\0")
    process.uc.mem_write(base + 130, right + b"\xff")
    result = process.invoke("memcmp", base + 3, base + 130, len(left)) & 0xFFFFFFFF
    assert result == ((left > right) - (left < right)) & 0xFFFFFFFF


@RULES
@given(at=st.integers(0, 9), size=st.integers(0, 100))
def test_strlen(memory, at, size):
    process, base = memory
    process.uc.mem_write(base + at, b"x" * size + b"\0x")
    assert process.invoke("strlen", base + at) == size


@RULES
@given(data=st.data())
def test_searches_for_bytes(memory, data):
    """Each at any alignment, with text behind the end that would match."""
    process, base = memory
    text = data.draw(st.text("ab\x7f\x80\xff", max_size=40)).encode("latin-1")
    at, byte = data.draw(st.integers(0, 9)), data.draw(st.sampled_from(b"abc\x7f\x80\xff\0"))
    process.uc.mem_write(base + at, text + b"\0" + bytes([byte]) * 9)
    whole = text + b"\0"
    wanted = {"strchr": whole.find(byte), "strrchr": whole.rfind(byte)}
    for name, place in wanted.items():
        assert process.invoke(name, base + at, byte) == (base + at + place if place >= 0 else 0), name
    count = data.draw(st.integers(0, len(text)))
    place = text[:count].find(byte)
    assert process.invoke("memchr", base + at, byte | 0x100, count) == (base + at + place if place >= 0 else 0)


@RULES
@given(data=st.data())
def test_comparisons_of_strings(memory, data):
    process, base = memory
    letters = st.text("ab\x80\xff", max_size=30)
    start = data.draw(letters)
    left, right = ((start + data.draw(letters)).encode("latin-1") for _ in range(2))
    at, other, count = data.draw(st.integers(0, 9)), data.draw(st.integers(100, 109)), data.draw(st.integers(0, 40))
    process.uc.mem_write(base + at, left + b"\0a")
    process.uc.mem_write(base + other, right + b"\0b")
    result = process.invoke("strcmp", base + at, base + other) & 0xFFFFFFFF
    assert result == ((left > right) - (left < right)) & 0xFFFFFFFF
    left, right = left[:count], right[:count]
    result = process.invoke("strncmp", base + at, base + other, count) & 0xFFFFFFFF
    assert result == ((left > right) - (left < right)) & 0xFFFFFFFF


def test_string_functions_read_nothing_beside(memory):
    """The NUL is the last byte that there is, or the byte that is looked for."""
    process, base = memory
    top = base + process.target.stack_size
    for size in range(1, 70):
        process.uc.mem_write(top - size, b"x" * (size - 1) + b"\0")
        process.uc.mem_write(base, b"x" * (size - 1) + b"\0")
        assert process.invoke("strlen", top - size) == size - 1
        assert process.invoke("strchr", top - size, 7) == 0
        assert process.invoke("strrchr", top - size, 7) == 0
        assert process.invoke("memchr", top - size, 0, 1 << 40) == top - 1
        assert process.invoke("strcmp", top - size, base) == 0
        assert process.invoke("strcmp", base, top - size) == 0
        assert process.invoke("strncmp", base, top - size, 1000) == 0


def test_memory_functions_touch_nothing_beside(memory):
    """At the very edge of a segment a byte too far is a fault."""
    process, base = memory
    top = base + process.target.stack_size
    for size in (*range(70), *range(120, 700, 17), *range(254, 260)):
        process.invoke("memmove", base, top - size, size)
        process.invoke("memmove", top - size, base, size)
        process.invoke("memset", top - size, 0, size)
        process.invoke("memset", base, 0, size)
        process.invoke("memcmp", top - size, base, size)
