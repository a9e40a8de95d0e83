"""exec on the real machine: what becomes of every variant of an ELF file that was tried on a 9front kernel.

The program reads the first byte of its data where it was linked, and passes that address to exits: the exit
string is the data.  Sources: facts/observed-amd64.md §a2 and §c, facts/observed-arm64.md §a2.
"""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from elf9.errors import Unsupported
from elf9.image import build_stack
from elf9.kernel import exec as execs
from elf9.kernel.kernel import Options, Outcome, run_program
from elf9.target import TARGETS, Target

from ..image.builder import Aout, Elf

MASK64 = (1 << 64) - 1
INVALID = "exec header invalid"
NO_MEMORY = b"virtual memory allocation failed"


def code(target: Target, address: int | None = None) -> bytes:
    """Read the byte at `address`, else where data is linked, then _exits(address)."""
    at = target.text_base + target.segment_align if address is None else address
    if target.name == "amd64":
        # mov at, rax; mov (rax), cl; sub 48, rsp; mov rax, 8(rsp); mov 8, ebp; syscall
        return b"\x48\xb8" + struct.pack("<Q", at) + bytes.fromhex("8a08 4883ec30 4889442408 bd08000000 0f05")
    words = [0xD2800001 | (at >> 16 * part & 0xFFFF) << 5 | part << 21 | (part > 0) << 29 for part in range(4)]
    # ldrb w2, [x1]; sub sp, sp, 48; str x1, [sp, 8]; mov x0, 8; svc 0
    return struct.pack("<9I", *words, 0x39400022, 0xD100C3FF, 0xF90007E1, 0xD2800100, 0xD4000001)


def image(target: Target, **fields: object) -> Elf:
    made = Elf(target, text=code(target), data=b"data\0", sections=False)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def run(folder: Path, data: bytes, target: Target, args: list[bytes] | None = None, **options: object) -> Outcome:
    path = folder / "prog"
    path.write_bytes(data)
    path.chmod(0o755)
    made = Options()
    made.timeout = 20.0
    made.binds = [(str(folder), b"/w", False)]
    made.stderr = os.open(folder / "stderr", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for name, value in options.items():
        setattr(made, name, value)
    try:
        return run_program(str(path), args or [], made, target=target)
    finally:
        os.close(made.stderr)


@pytest.fixture(params=sorted(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


def patch(at: int, value: int, size: int = 8) -> Callable[[Elf], None]:
    return lambda elf: elf.patches.append((at, (value & MASK64 if size == 8 else value).to_bytes(size, "little")))


def patches(*rows: tuple[int, int, int]) -> Callable[[Elf], None]:
    """(offset, value, bytes) each."""

    def apply(elf: Elf) -> None:
        for row in rows:
            patch(*row)(elf)

    return apply


def unaligned(elf: Elf) -> None:
    """Data at an odd offset of the file."""
    elf.data_offset = 0x1003


def shifted_text(elf: Elf) -> None:
    """Text from file offset 0x100, as one would see it there."""
    elf.text = bytes(0x100 - 176) + elf.code
    elf.entry = elf.base
    elf.patches.append((64 + 8, (0x100).to_bytes(8, "little")))
    elf.text_sizes = (len(code(elf.target)), len(code(elf.target)))


# What exec ignores: e_ident, e_type, e_version, e_phoff, e_ehsize, e_phentsize, p_type, addresses, p_align, text memsz.
IGNORED: dict[str, Callable[[Elf], None]] = {
    "as it should be": lambda elf: None,
    "junk in e_ident": patch(5, 0xA5A5A5A5A5A5A5A5),
    "class 32": patch(4, 1, 1),
    "big endian": patch(5, 2, 1),
    "e_type 0": patch(16, 0, 2),
    "e_type DYN": patch(16, 3, 2),
    "e_version": patch(20, 77, 4),
    "e_phoff 0": patch(32, 0),
    "e_phoff far": patch(32, 1 << 40),
    "e_shoff far": patch(40, 1 << 40),
    "e_ehsize 0": patch(52, 0, 2),
    "e_phentsize 0": patch(54, 0, 2),
    "p_type NULL": patch(64, 0, 4),
    "p_type INTERP and DYNAMIC": patches((64, 3, 4), (120, 2, 4)),
    "p_vaddr 0": patches((80, 0, 8), (136, 0, 8)),
    "p_paddr": patch(88, -1),
    "p_align": patch(112, 3),
    "text memsz less": patch(104, 0),
    "text memsz more": patch(104, 1 << 50),
    "data at an odd offset": unaligned,
    "text not at the start of the file": shifted_text,
    "data memsz a little less": patch(160, 1),
    "bss of 64 MiB": patch(160, 64 << 20),
    "bss of 1 GiB": patch(160, 1 << 30),
    "bss of 4 GiB": patch(160, 4 << 30),
}


@pytest.mark.parametrize("name", IGNORED)
def test_runs_anyway(target: Target, name: str, tmp_path: Path) -> None:
    elf = image(target)
    IGNORED[name](elf)
    outcome = run(tmp_path, elf.build(), target)
    assert (outcome.error, outcome.exit_string) == (None, b"data")


REFUSED: dict[str, Callable[[Elf], None]] = {
    "phnum 1": patch(56, 1, 2),
    "phnum 3": patch(56, 3, 2),
    "text flags 4": patch(68, 4, 4),
    "text flags 7": patch(68, 7, 4),
    "data flags 4": patch(124, 4, 4),
    "data flags 7": patch(124, 7, 4),
    "text far too large": patch(96, 1 << 47),
    "bss into the stack": lambda elf: patch(160, elf.target.stack_base)(elf),
    "175 bytes": lambda elf: setattr(elf, "cut", 175),
    "4 bytes": lambda elf: setattr(elf, "cut", 4),
    "3 bytes": lambda elf: setattr(elf, "cut", 3),
    "empty": lambda elf: setattr(elf, "cut", 0),
    "MZ": patch(0, 0x5A4D, 2),
    "zeros": patch(0, 0, 4),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(target: Target, name: str, tmp_path: Path) -> None:
    elf = image(target)
    REFUSED[name](elf)
    outcome = run(tmp_path, elf.build(), target)
    assert outcome.error == INVALID
    assert outcome.reason
    assert outcome.status == 1


@pytest.mark.parametrize("bss", ["a page less than data", "negative", "too large", "twice too large"])
def test_dies_past_the_point_of_no_return(target: Target, bss: str, tmp_path: Path) -> None:
    """A bss that ends before data does, or is larger than a segment may be."""
    memory = {
        "a page less than data": 0x1FFB,
        "negative": MASK64,
        "too large": target.max_segment + 0x4000,
        "twice too large": 2 * target.max_segment,
    }[bss]
    elf = image(target, data_sizes=(0x3000, memory), data=b"data\0".ljust(0x3000, b"\0"))
    outcome = run(tmp_path, elf.build(), target)
    assert outcome.exit_string == NO_MEMORY
    assert outcome.error is None
    assert (tmp_path / "stderr").read_bytes() == b""


def test_a_bss_that_the_host_cannot_hold(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel promises any size; the emulator says that it cannot."""

    def refuse(*_args: object, **_more: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(execs, "data_segment", refuse)
    with pytest.raises(Unsupported, match="the host cannot reserve memory for it: Cannot allocate memory"):
        run(tmp_path, image(target).build(), target)


@pytest.mark.parametrize("machine", [3, 40, 0, 62, 183])
def test_machine(target: Target, machine: int, tmp_path: Path) -> None:
    """Only the rounding of the data address follows e_machine."""
    outcome = run(tmp_path, image(target, machine=machine).build(), target)
    base = target.text_base + target.segment_align
    align = {62: 0x200000, 183: 0x10000}.get(machine, 0x1000)
    if machine == target.elf_machine:
        assert outcome.exit_string == b"data"
    elif align > target.segment_align:
        # the text region reaches over the place where data was linked: zeros
        assert outcome.exit_string == b""
    else:
        assert outcome.exit_string.startswith(b"sys: trap: fault read addr=0x%x pc=" % base)


def entries(target: Target) -> list[tuple[int, str]]:
    data = target.text_base + target.segment_align
    fault = "sys: trap: fault read addr=0x{0:x} pc=0x{0:x}"
    found = [
        (0, fault),
        (data, fault),
        (target.stack_top, fault),
        (target.stack_base, fault),
        (0xFFFFFFFF80110000, fault),
        (target.text_base - 4, fault),
    ]
    if target.name == "amd64":
        found.append((1 << 48, "sys: trap: general protection violation pc=0x{0:x}"))
    else:
        found += [(1 << 36, fault), (1 << 48, fault)]
        found.append((target.text_base, "sys: trap: unknown pc=0x{0:x}"))
        found.append((target.text_base + 0xB1, "sys: trap: misaligned pc pc=0x{0:x}"))
        found.append((target.text_base + 0x800, "sys: trap: unknown pc=0x{0:x}"))
        found.append((target.text_base + 0x8000, "sys: trap: unknown pc=0x{0:x}"))
    return found


@pytest.mark.parametrize(
    ("name", "entry", "text"),
    [(name, *row) for name, target in TARGETS.items() for row in entries(target)],
    ids=lambda value: f"{value:#x}" if isinstance(value, int) else None,
)
def test_entry_is_not_looked_at(name: str, entry: int, text: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    outcome = run(tmp_path, image(target, entry=entry).build(), target)
    assert outcome.exit_string.decode() == text.format(entry)
    assert (tmp_path / "stderr").read_text() == f"prog 1: suicide: {text.format(entry)}\n"


def test_text_of_no_bytes(target: Target, tmp_path: Path) -> None:
    """exec succeeds; there is no text at all, so the entry faults."""
    elf = image(target, text_sizes=(0, 0))
    outcome = run(tmp_path, elf.build(), target)
    assert outcome.exit_string.decode() == f"sys: trap: fault read addr={elf.first:#x} pc={elf.first:#x}"


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_text_about_as_large_as_the_alignment(target: Target, extra: int, tmp_path: Path) -> None:
    size = target.segment_align + extra
    data = target.text_base + target.segment_align * (2 if extra > 0 else 1)
    text = code(target, data).ljust(size - 176, b"\0")
    outcome = run(tmp_path, image(target, text=text).build(), target)
    assert outcome.exit_string == b"data"


@pytest.mark.parametrize("where", ["data", "text"])
def test_truncated(target: Target, where: str, tmp_path: Path) -> None:
    """A page that the file does not have kills at its first touch, and only then."""
    elf = image(target, data=b"data\0".ljust(0x3000, b"d"), data_offset=0x1000)
    if where == "text":
        elf.cut = 200 if target.name == "amd64" else 196
        at = elf.first
    else:
        elf.cut = 0x1000 + 0x2000 - 10
        at = target.text_base + target.segment_align + 0x1000
        elf.text = code(target, at)
    outcome = run(tmp_path, elf.build(), target)
    said = (tmp_path / "stderr").read_text()
    path = os.path.abspath(tmp_path / "prog")
    assert outcome.exit_string == b"i/o error in demand load", hex(at)
    assert said == f"prog 1: suicide: sys: i/o error in demand load accessing {path}: i/o count too small\n"


def test_truncated_but_not_touched(target: Target, tmp_path: Path) -> None:
    elf = image(target, data=b"data\0".ljust(0x3000, b"d"), data_offset=0x1000, cut=0x2000)
    assert run(tmp_path, elf.build(), target).exit_string == b"data"
    elf = image(target, data=b"data\0".ljust(0x1000, b"d"), data_sizes=(1 << 30, 1 << 30))
    assert run(tmp_path, elf.build(), target).exit_string == b"data"


def test_the_header_is_in_text(target: Target, tmp_path: Path) -> None:
    elf = image(target, text=code(target, target.text_base))
    assert run(tmp_path, elf.build(), target).exit_string == b"\x7fELF\x02\x01\x01"


def test_aout(target: Target, tmp_path: Path) -> None:
    made = Aout(target, text=code(target), data=b"data\0")
    assert run(tmp_path, made.build(), target).exit_string == b"data"


# Scripts.


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (b"#!/w/real -x yy\n", b"sh,-x,yy,SCRIPT,A1"),
        (b"#! /w/real\t'a b'\r\n", b"sh,a b,SCRIPT,A1"),
        (b"#!/w/real 'it''s' x'y z'\n", b"sh,it's,xy z,SCRIPT,A1"),
        (b"#!/w/real" + b" a" * 30 + b"\n", b"sh," + b"a," * 30 + b"SCRIPT,A1"),
        (b"#!/w/real" + b" a" * 31 + b"\n", "empty file name"),
        (b"#!/w/real" + b" a" * 40 + b"\n", "empty file name"),
        (b"#!/w/real ".ljust(255, b"b") + b"\n", b"sh," + b"b" * 245 + b",SCRIPT,A1"),
        (b"#!/w/real ".ljust(256, b"b") + b"\n", INVALID),
        (b"#!/bin/nonesuch\n", "file does not exist: '/bin/nonesuch'"),
        (b"#!/w\n", "cannot exec directory: '/w'"),
        (b"#!/w/other\n", INVALID),
        (b"#!/w/zeros\n", INVALID),
        (b"#!baseline\n", "file does not exist: 'baseline'"),
        (b"#!\n", INVALID),
        (b"#!  \n", INVALID),
        (b"#!/w/real", INVALID),
        (b"#!", INVALID),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_script(target: Target, line: bytes, want: bytes | str, tmp_path: Path) -> None:
    for name, data in (("real", image(target).build()), ("other", b"#!/w/real\n"), ("zeros", bytes(500))):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o755)
    path = tmp_path / "sh"
    path.write_bytes(line + b"rest\n")
    if line in (b"#!/w/real", b"#!"):
        path.write_bytes(line)
    path.chmod(0o755)
    options = Options()
    options.binds = [(str(tmp_path), b"/w", False)]
    seen: list[list[bytes]] = []

    def spy(target: Target, argv: list[bytes], *, pid: int) -> object:
        seen.append(argv)
        return build_stack(target, argv, pid=pid)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(execs, "build_stack", spy)
        outcome = run_program(str(path), [b"A1"], options, target=target)
    if isinstance(want, str):
        assert outcome.error == want
        return
    assert outcome.error is None
    assert b",".join(seen[0]) == want.replace(b"SCRIPT", os.fsencode(str(path)))
    assert outcome.name == b"sh"


# Arguments.


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ([b"x" * (15 << 20)], None),
        ([b"x" * (17 << 20)], "bad arg in system call"),
        ([b"x"] * 200_000, None),
        ([b"x"] * 2_000_000, "virtual memory allocation failed"),
        ([b""], None),
        ([b"\xff\xfe"], None),
    ],
    ids=["15 MB", "17 MB", "200000", "2000000", "empty", "no UTF-8"],
)
def test_arguments(target: Target, args: list[bytes], error: str | None, tmp_path: Path) -> None:
    outcome = run(tmp_path, image(target).build(), target, args)
    assert outcome.error == error
    if error is None:
        assert outcome.exit_string == b"data"


# Whatever is in the file, it is refused, or it runs and ends as a program does.


def mutate(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed, most of them in the headers; sometimes cut."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        kind = chance.random()
        at = chance.randrange(min(176 if kind < 0.7 else len(made), len(made)))
        if kind < 0.3:
            size = chance.choice((1, 2, 4, 8))
            value = chance.choice((0, 1, 2, 5, 6, 0xB0, 0xFFF, 0x1000, 1 << 30, 1 << 31, 1 << 36, 1 << 47, 1 << 63, -1))
            made[at & ~7 : (at & ~7) + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        else:
            made[at] = chance.randrange(256)
    if chance.random() < 0.1:
        del made[chance.randrange(len(made)) :]
    return bytes(made)


@pytest.mark.parametrize("kind", ["elf", "a.out"])
def test_mutations(target: Target, kind: str, tmp_path: Path) -> None:
    chance = random.Random(9)
    good = image(target).build() if kind == "elf" else Aout(target, text=code(target), data=b"data\0").build()
    for _ in range(60):
        data = mutate(chance, good)
        outcome = run(tmp_path, data, target, timeout=2.0)
        # it may loop
        assert outcome.killed in {None, "timeout"}, data.hex()
        if outcome.error is not None:
            assert outcome.reason or outcome.error, data.hex()


def test_the_child_goes_first(tmp_path: Path) -> None:
    """sysrfork calls sched: a parent that tells its child something behind rfork tells it too late."""
    target = TARGETS["amd64"]
    program = bytes.fromhex(
        "4883ec30"  # sub $48, %rsp
        "48c744240870000000 bd13000000 0f05"  # rfork(RFPROC|RFMEM|RFNOWAIT)
        "85c0 7518"  # the parent goes on at its own exits
        "c604250000400000"  # data becomes an empty string
        "48c744240800000000 bd08000000 0f05"  # exits(nil)
        "48c744240800004000 bd08000000 0f05"  # exits(data)
    )
    assert run(tmp_path, image(target, text=program).build(), target).exit_string == b""
