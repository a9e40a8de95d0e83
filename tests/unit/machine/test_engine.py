"""What the thin layer over libunicorn relies on: numbers, offsets, memory, translation."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elf9.machine import amd64, arm64, engine, native
from elf9.machine.amd64_length import instruction_length, starts
from elf9.machine.cpu import EmulatorError, NotInstalled
from elf9.machine.memory import EXECUTE, READ, WRITE, Region

from .machines import Machine


@pytest.fixture(params=["amd64", "arm64"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    made = Machine(request.param)
    yield made
    made.close()


def test_numbers_are_those_of_the_binding() -> None:
    from unicorn import arm64_const, unicorn_const, x86_const

    assert (engine.X86, engine.ARM64) == (unicorn_const.UC_ARCH_X86, unicorn_const.UC_ARCH_ARM64)
    assert engine.HOOK_EDGE == unicorn_const.UC_HOOK_EDGE_GENERATED
    assert engine.HOOK_TLB_FILL == unicorn_const.UC_HOOK_TLB_FILL
    assert engine._CTL_TLB_TYPE == unicorn_const.UC_CTL_TLB_TYPE
    assert engine._CTL_REMOVE_CACHE == unicorn_const.UC_CTL_TB_REMOVE_CACHE
    assert engine.ERR_EXCEPTION == unicorn_const.UC_ERR_EXCEPTION
    names = [
        "RAX",
        "RCX",
        "RDX",
        "RBX",
        "RSP",
        "RBP",
        "RSI",
        "RDI",
        "R8",
        "R9",
        "R10",
        "R11",
        "R12",
        "R13",
        "R14",
        "R15",
    ]
    assert [getattr(x86_const, f"UC_X86_REG_{name}") for name in names] == amd64._REGISTERS
    for name in ("MXCSR", "FPCW", "FPTAG", "MSR", "CR0", "CR4", "EFLAGS", "XMM0"):
        assert getattr(amd64, f"_{name}") == getattr(x86_const, f"UC_X86_REG_{name}")
    assert amd64._INSTRUCTION_SYSCALL == x86_const.UC_X86_INS_SYSCALL
    assert amd64.MODELS == {
        "baseline": x86_const.UC_CPU_X86_QEMU64,
        "v2": x86_const.UC_CPU_X86_WESTMERE,
        "max": x86_const.UC_CPU_X86_SANDYBRIDGE,
    }
    for name in ("X0", "Q0", "NZCV", "PSTATE", "CP_REG", "FPCR", "FPSR"):
        assert getattr(arm64, f"_{name}") == getattr(arm64_const, f"UC_ARM64_REG_{name}")
    assert arm64.MODELS == {"baseline": arm64_const.UC_CPU_ARM64_A72, "max": arm64_const.UC_CPU_ARM64_MAX}


def test_the_version_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "VERSION", (9, 9, 9))
    with pytest.raises(EmulatorError, match=r"is Unicorn 2\.1\.4; elf9 needs exactly 9\.9\.9"):
        Machine("amd64")


def test_a_missing_library_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    with pytest.raises(NotInstalled, match=r"pip install unicorn==2\.1\.4"):
        engine.library_path()


def test_mxcsr_is_where_the_state_has_it() -> None:
    """The offsets of MXCSR and of the flags beside it are found again through the official interface."""
    from ctypes import c_uint32

    cpu = amd64.Engine("baseline", b"")
    cpu.write_register(amd64._MXCSR, c_uint32(0x1F80))
    before = bytes(cpu.saved[:0x400])
    cpu.write_register(amd64._MXCSR, c_uint32(0x1900))
    changed = [at for at in range(len(before)) if before[at] != cpu.saved[at]]
    assert changed
    assert all(amd64._STATE_MXCSR <= at < amd64._STATE_MXCSR + 4 for at in changed)
    cpu.close()


def test_growing_and_shrinking(machine: Machine) -> None:
    """A region that grows is seen, one that shrinks is refused, and its host memory stays the same."""
    heap = Region(0x900000, 0, READ | WRITE, 0x100000)
    machine.cpu.map(heap)
    if machine.target.name == "amd64":
        touch = b"\xc6\x04\x25\x10\x20\x90\x00\x55\xf4"
        refused, allowed = "fault write", "general protection violation"
    else:
        touch = struct.pack("<5I", 0xD2A01201, 0xD2840202, 0x8B020021, 0x39000022, 0)
        refused, allowed = "fault write", "unknown"
    assert machine.run(touch)[0].kind == refused
    for _ in range(3):
        heap.top = heap.base + 0x4000
        machine.cpu.changed(heap, heap.base)
        assert machine.run(touch)[0].kind == allowed
        assert heap.view[0x2010] in (0x55, 0x10)
        heap.top = heap.base + 0x1000
        machine.cpu.changed(heap, heap.base + 0x4000)
        assert machine.run(touch)[0].kind == refused
        heap.top = heap.base
        machine.cpu.changed(heap, heap.base + 0x1000)
    machine.cpu.unmap(heap)
    again = Region(heap.base, 0x4000, READ | WRITE)
    machine.cpu.map(again)
    assert machine.run(touch)[0].kind == allowed
    assert again.view[0x2010] in (0x55, 0x10)


def test_discard_gives_zeros() -> None:
    region = Region(0x10000, 0x3000, READ | WRITE)
    region.view[:] = b"x" * 0x3000
    region.discard(0x11000, 0x12000)
    assert bytes(region.view[0x0FFF:0x2001]) == b"x" + bytes(0x1000) + b"x"
    assert region.find_zero(0x10000, 0x13000) == 0x11000
    assert region.find_zero(0x10000, 0x11000) == -1


def test_many_pages(machine: Machine) -> None:
    """A working set far above the TLB's 256 entries: every page keeps its own byte."""
    size = 2000 * 4096
    heap = Region(0x1000000, size, READ | WRITE)
    machine.cpu.map(heap)
    if machine.target.name == "amd64":
        # mov $0x1000000,%esi; mov $2000,%ecx; 1: incb (%rsi); add $4096,%rsi; dec %ecx; jnz 1b; hlt
        code = b"\xbe\0\0\0\x01\xb9\xd0\x07\0\0\xfe\x06\x48\x81\xc6\0\x10\0\0\xff\xc9\x75\xf3\xf4"
    else:
        code = struct.pack(
            "<8I", 0xD2A02001, 0xD280FA02, 0x39400023, 0x11000463, 0x39000023, 0x91400421, 0xF1000442, 0x54FFFF61
        ) + bytes(4)
    for _ in range(3):
        machine.run(code)
    assert set(heap.view[::4096]) == {3}
    assert sum(heap.view) == 6000


def test_code_from_outside_is_looked_at_again(machine: Machine) -> None:
    """forget_code: new code at an old address runs, and old watches do not trap in it."""
    wait, good = (
        (b"\xf0\x0f\x28\x04\x24", b"\x90" * 5)
        if machine.target.name == "amd64"
        else (b"\x5f\x20\x03\xd5", b"\x1f\x20\x03\xd5")
    )
    end = b"\xf4" if machine.target.name == "amd64" else bytes(4)
    assert machine.run(wait + end)[0].pc == machine.text.base
    machine.at = 0
    machine.cpu.forget_code(machine.text.base, machine.text.base + 16)
    assert machine.run(good + end)[0].pc == machine.text.base + len(good)


def test_stop_from_another_thread(machine: Machine) -> None:
    spin = b"\xeb\xfe" if machine.target.name == "amd64" else struct.pack("<I", 0x14000000)
    timer = threading.Timer(0.1, machine.cpu.stop)
    timer.start()
    start = time.monotonic()
    trap, _ = machine.run(spin)
    timer.join()
    assert trap.kind == "stopped"
    assert time.monotonic() - start < 5


def test_stop_before_the_run_is_not_lost(machine: Machine) -> None:
    machine.cpu.stop()
    assert machine.cpu.run().kind == "stopped"


def test_a_trap_can_be_gone_on_from(machine: Machine) -> None:
    """A process with a handler sees one fault after another: each is reported like the first."""
    code = b"\xf4\xf4\xf4" if machine.target.name == "amd64" else bytes(12)
    step = 1 if machine.target.name == "amd64" else 4
    trap, entry = machine.run(code)
    for index in range(1, 3):
        machine.cpu.set_registers({"rip" if machine.target.name == "amd64" else "pc": entry + index * step})
        again = machine.cpu.run()
        assert (again.kind, again.pc) == (trap.kind, entry + index * step)


def test_executable_needs_the_bit(machine: Machine) -> None:
    assert machine.cpu.space.executable(machine.text.base)
    assert not machine.cpu.space.executable(machine.data.base)
    assert machine.text.access & EXECUTE


# Instruction lengths.


@given(st.binary(min_size=15, max_size=15))
@settings(max_examples=3000, derandomize=True)
def test_lengths_agree_with_capstone(code: bytes) -> None:
    import capstone

    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    found = next(decoder.disasm_lite(code, 0), None)
    # EVEX is another table in capstone's; the UDs have operands for one maker and none for the other.
    if found is None or code[0] == 0x62 or found[2].startswith("ud"):
        return
    prefixes = b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"
    rest = code.lstrip(prefixes)
    # 3DNow! and AMD's XOP are not decoded: both are invalid on the baseline; nor is REX before another prefix.
    if rest[:2] == b"\x0f\x0f" or rest[:1] == b"\x8f" or 0x40 <= rest[0] <= 0x4F:
        return
    assert instruction_length(code, 0) == found[1], found


def test_starts_of_a_cut_instruction() -> None:
    assert starts(b"\x90\xb8\x01", 3) == {0: 1, 1: 5}
    assert starts(b"\x90\x0f", 2) == {0: 1, 1: 1}


# The helper in C.


def test_native_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELF9_NATIVE", "0")
    assert native.load() is None


def test_native_without_a_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ELF9_NATIVE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert native.load() is None
    assert not list(tmp_path.glob("elf9/*"))


def test_native_in_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ELF9_NATIVE", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert native.load() is None


def test_native_is_compiled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import shutil

    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        pytest.skip("no C compiler on this host")
    monkeypatch.delenv("ELF9_NATIVE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a folder"))
    assert native.load() is not None
    (made,) = (tmp_path / "a folder" / "elf9").iterdir()
    monkeypatch.setenv("PATH", "")
    assert native.load() is not None
    assert made.exists()
