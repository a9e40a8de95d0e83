"""The system-call shim against a kernel that destroys every register it may (facts/abi.md §2)."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

RUNTIME = Path(__file__).resolve().parents[3] / "runtime"
ARGUMENTS = tuple(0xA5A5_0000_0000_0000 + index * 0x0101_0101_0101 for index in range(1, 6))


def calls_of_table():
    """(number, name) of every row; read here on its own, without the generator."""
    rows = [line.split("\t") for line in (RUNTIME / "syscalls.tsv").read_text().splitlines() if line[0] != "#"]
    return [(int(row[0]), row[2], row[3], row[4]) for row in rows]


@pytest.fixture(scope="module")
def ours(workshop, programs):
    sources = [RUNTIME / workshop.target.name / "syscall.S", programs / "shim_start.S", *workshop.stubs()]
    # Nothing but the test refers to the stubs.
    return workshop.link("shim", [workshop.compile(path) for path in sources], extra=["--no-gc-sections"])


@pytest.fixture(scope="module")
def seeds(workshop, programs):
    sources = [programs / f"seed_{workshop.target.name}.S", programs / "shim_start.S"]
    return workshop.link("seed", [workshop.compile(path) for path in sources], extra=["--no-gc-sections"])


def call(process, function, *arguments):
    """Call it with a pattern in every register a C function must keep.

    Returns (result, numbers of the registers that were lost).
    """
    process.handler = lambda number, slots: 0x1234_5678_9ABC_DEF0
    patterns = {register: 0xC0DE_0000_0000_0000 + index for index, register in enumerate(process.kept[:-1])}
    for register, pattern in patterns.items():
        process.uc.reg_write(register, pattern)
    result = process.invoke(function, *arguments)
    return result, {register for register, pattern in patterns.items() if process.uc.reg_read(register) != pattern}


@pytest.mark.parametrize("seed", range(5))
def test_keeps_every_register_that_c_expects_kept(ours, hostile, seed):
    process = hostile(ours, seed=seed)
    result, lost = call(process, "syscall", 46, *ARGUMENTS)
    assert lost == set()
    assert result == 0x1234_5678_9ABC_DEF0
    expected = process.target.stack_top - 0x2000  # the caller's SP, as a function finds it at its return
    assert process.uc.reg_read(process.sp) == expected


def test_passes_the_number_and_five_whole_arguments(ours, hostile):
    process = hostile(ours)
    call(process, "syscall", 46, *ARGUMENTS)
    assert process.calls == [(46, ARGUMENTS)]


def test_aligns_its_frame(ours, hostile):
    process = hostile(ours)
    call(process, "syscall", 46, *ARGUMENTS)
    assert process.sp_at_call[0] % 16 == 0
    # 48 readable bytes from SP even when the caller is at the very top of the stack: facts/abi.md §1
    assert process.target.stack_top - 0x2000 - process.sp_at_call[0] >= 48


def test_the_seeds_shim_loses_registers_and_the_fifth_argument(seeds, hostile):
    """This is what the tests above are for: they must be able to fail."""
    process = hostile(seeds)
    _, lost = call(process, "syscall", 46, *ARGUMENTS)
    names = {"amd64": "R12 R13", "arm64": "X19 X20 X21 X22 X23 X24 X25"}[process.target.name].split()
    assert {process.register(name) for name in names} == lost
    number, slots = process.calls[0]
    assert (number, slots[:4]) == (46, ARGUMENTS[:4])
    assert slots[4] != ARGUMENTS[4]


@pytest.mark.parametrize(("number", "name", "returns", "parameters"), calls_of_table())
def test_stub(ours, hostile, number, name, returns, parameters):
    process = hostile(ours)
    count = 0 if parameters == "void" else parameters.count(",") + 1
    result, lost = call(process, name, *ARGUMENTS[:count])
    assert lost == set()
    assert [(number, ARGUMENTS[:count])] == [(got, slots[:count]) for got, slots in process.calls]
    assert result == 0x1234_5678_9ABC_DEF0


def test_table_is_9fronts():
    rows = calls_of_table()
    assert [row[0] for row in rows] == [n for n in range(54) if n not in (48, 49)]


def test_generated_header_is_up_to_date(capsys):
    generator = runpy.run_path(str(RUNTIME / "mksyscalls.py"))
    assert generator["main"](["header"]) == 0
    assert capsys.readouterr().out == (RUNTIME / "include" / "syscalls.h").read_text()


def test_generator_refuses_a_bad_table(tmp_path):
    generator = runpy.run_path(str(RUNTIME / "mksyscalls.py"))
    table = tmp_path / "table.tsv"
    table.write_text("0\tsysr1\tsysr1\tint\n")
    with pytest.raises(ValueError, match=r"table\.tsv:1: expected number"):
        generator["read_table"](table)
    table.write_text("0\ta\ta\tint\tvoid\n0\tb\tb\tint\tvoid\n")
    with pytest.raises(ValueError, match="twice"):
        generator["read_table"](table)


def test_generator_says_how_to_use_it(capsys):
    generator = runpy.run_path(str(RUNTIME / "mksyscalls.py"))
    assert generator["main"](["stubs", "mips", "out"]) == 2
    assert "mksyscalls.py stubs ARCH DIRECTORY" in capsys.readouterr().err


def test_no_object_is_called_like_another():
    """Stubs, assembly and C go into one archive; objects of one name would be a trap."""
    for arch in ("amd64", "arm64"):
        stems = [path.stem for path in (*(RUNTIME / arch).glob("*.S"), *(RUNTIME / "libc").glob("*.c"))]
        stems += [row[1] for row in calls_of_table()]
        assert len(stems) == len(set(stems)), sorted(stem for stem in stems if stems.count(stem) > 1)
