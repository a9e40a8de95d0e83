"""Registers at the start of a program and across a system call, as facts/abi.md §2 and facts/exec.md §6 say."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from elf9.machine.cpu import POISON

from .machines import Machine

NAMES = {
    "amd64": ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", *(f"r{n}" for n in range(8, 16))],
    "arm64": [f"x{n}" for n in range(31)],
}
MASK = (1 << 64) - 1


@pytest.fixture(params=["amd64", "arm64"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    made = Machine(request.param)
    yield made
    made.close()


def test_start(machine: Machine) -> None:
    entry, tos = machine.target.text_base, machine.target.tos
    machine.cpu.start(entry, machine.sp, tos)
    registers = machine.cpu.registers()
    if machine.target.name == "amd64":
        known = {
            "rax": tos,
            "rcx": entry,
            "rip": entry,
            "rsp": machine.sp,
            "r11": 0x202,
            "r14": 0,
            "r15": 0,
            "rflags": 0x202,
        }
    else:
        known = {"x0": tos, "x1": machine.sp, "x2": entry, "x3": 0, "x30": 0, "sp": machine.sp, "pc": entry, "psr": 0}
    assert {name: registers[name] for name in known} == known
    rest = {name: value for name, value in registers.items() if name not in known}
    assert all(value & ~0xFF == POISON for value in rest.values()), rest
    assert (machine.cpu.pc, machine.cpu.sp) == (entry, machine.sp)


def test_amd64_call() -> None:
    """All registers set, SYSCALL; the kernel sees number and stack, and leaves what it must."""
    machine = Machine("amd64")
    seen: list[tuple[int, int, int]] = []

    def serve(number: int, sp: int) -> int:
        seen.append((number, sp, machine.cpu.pc))
        return -1

    machine.cpu.on_call = serve
    # mov $0x1111*n, %reg for all but rsp; stc; std; syscall; hlt
    code = b""
    for number in range(16):
        if number != 4:
            code += bytes([0x49 if number > 7 else 0x48, 0xB8 + (number & 7)]) + struct.pack(
                "<Q", 0x1111 * (number + 1)
            )
    code += b"\x48\xbd" + struct.pack("<Q", 0xABCD00000033) + b"\xf9\xfd\x0f\x05\xf4"
    trap, entry = machine.run(code)
    after = entry + len(code) - 1
    assert seen == [(0x33, machine.sp, after)]
    registers = machine.cpu.registers()
    assert trap.pc == after
    assert registers["rax"] == MASK
    assert registers["rcx"] == after
    assert registers["rsp"] == machine.sp
    assert registers["r11"] == registers["rflags"]
    assert registers["rflags"] & 0x401 == 0x401
    assert (registers["r14"], registers["r15"]) == (0x1111 * 15, 0x1111 * 16)
    for name in ("rdx", "rbx", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r12", "r13"):
        assert registers[name] == POISON + NAMES["amd64"].index(name)
    machine.close()


def test_arm64_call() -> None:
    """The same for SVC, with NZCV set and any immediate."""
    machine = Machine("arm64")
    seen: list[tuple[int, int, int]] = []

    def serve(number: int, sp: int) -> int:
        seen.append((number, sp, machine.cpu.pc))
        return 7

    machine.cpu.on_call = serve
    words = [0xD2800000 | (0x111 + number) << 5 | number for number in range(31)]
    words += [0xEB1F03FF, 0xD4000001 | 5 << 5, 0]  # cmp sp, xzr ... svc #5
    trap, entry = machine.run(struct.pack(f"<{len(words)}I", *words))
    after = entry + 4 * (len(words) - 1)
    assert seen == [(0x111, machine.sp, after)]
    registers = machine.cpu.registers()
    assert (trap.pc, registers["x0"]) == (after, 7)
    assert (registers["x1"], registers["x2"], registers["x3"]) == (machine.sp, after, registers["psr"])
    assert registers["psr"] & 0x20000000
    for number in range(4, 26):
        assert registers[f"x{number}"] == POISON + number
    for number in range(26, 31):
        assert registers[f"x{number}"] == 0x111 + number
    machine.close()


def test_a_call_loses_the_exclusive_access() -> None:
    """LDXR; SVC; STXR: the store fails (facts/observed-arm64.md §b)."""
    machine = Machine("arm64")
    machine.cpu.on_call = lambda number, sp: 0
    words = [
        0xD2A0005A,
        0xC85F7F45,
        0xD4000001,
        0xC81B7F45,
        0,
    ]
    machine.run(struct.pack("<5I", *words))
    assert machine.cpu.registers()["x27"] == 1
    without = [word for word in words if word != 0xD4000001]
    machine.run(struct.pack("<4I", *without))
    assert machine.cpu.registers()["x27"] == 0
    machine.close()


def test_a_call_that_does_not_return_yet(machine: Machine) -> None:
    """on_call says None: run returns; call_return ends the call, and the guest goes on behind it."""
    machine.cpu.on_call = lambda number, sp: None
    code = b"\x0f\x05\xf4" if machine.target.name == "amd64" else struct.pack("<2I", 0xD4000001, 0)
    trap, entry = machine.run(code)
    after = entry + (2 if machine.target.name == "amd64" else 4)
    assert (trap.kind, trap.pc, machine.cpu.pc) == ("call", after, after)
    machine.cpu.call_return(42)
    again = machine.cpu.run()
    registers = machine.cpu.registers()
    assert (again.kind != "call", again.pc) == (True, after)
    assert registers["rax" if machine.target.name == "amd64" else "x0"] == 42
    if machine.target.name == "amd64":
        assert registers["rcx"] == after


def test_an_exception_in_a_call_reaches_the_caller(machine: Machine) -> None:
    class OopsError(Exception):
        pass

    def serve(number: int, sp: int) -> int:
        raise OopsError

    machine.cpu.on_call = serve
    with pytest.raises(OopsError):
        machine.run(b"\x0f\x05\xf4" if machine.target.name == "amd64" else struct.pack("<2I", 0xD4000001, 0))


def test_sse_starts_as_the_kernel_has_it() -> None:
    """stmxcsr and fnstcw on the stack (facts/observed-amd64.md §c)."""
    machine = Machine("amd64")
    machine.run(b"\x0f\xae\x1c\x24\xd9\x7c\x24\x08\xf4")
    at = machine.sp - machine.stack.base
    assert machine.stack.view[at : at + 4].tobytes() == struct.pack("<I", 0x1900)
    assert machine.stack.view[at + 8 : at + 10].tobytes() == struct.pack("<H", 0x272)
    machine.close()


def test_sticky_flags_are_seen() -> None:
    """1/3 is inexact: STMXCSR shows bit 5; LDMXCSR clears it."""
    machine = Machine("amd64")
    third = b"\xb8\x01\0\0\0\xf2\x0f\x2a\xc0\xb8\x03\0\0\0\xf2\x0f\x2a\xc8\xf2\x0f\x5e\xc1"
    clear = b"\xc7\x44\x24\x08\x80\x1f\0\0\x0f\xae\x54\x24\x08"
    machine.run(third + b"\x0f\xae\x1c\x24" + clear + b"\x0f\xae\x5c\x24\x10\xf4")
    at = machine.sp - machine.stack.base
    assert machine.stack.view[at : at + 4].tobytes() == struct.pack("<I", 0x1920)
    assert machine.stack.view[at + 16 : at + 20].tobytes() == struct.pack("<I", 0x1F80)
    machine.close()


def test_the_counter_follows_the_clock() -> None:
    """RDTSC counts nanoseconds of the clock it is given."""
    machine = Machine("amd64")
    machine.cpu.clock = lambda: 0x123456789ABCDEF0
    machine.run(b"\x0f\x31\xf4")
    registers = machine.cpu.registers()
    assert (registers["rax"], registers["rdx"]) == (0x9ABCDEF0, 0x12345678)
    machine.close()


# Many calls: after some, the helper in C serves them, if there is one.

LOOP = {
    # 1: mov $53, %ebp; stc; syscall; inc %r15; cmp $1000, %r15; jne 1b; hlt
    "amd64": b"\xbd\x35\0\0\0\xf9\x0f\x05\x49\xff\xc7\x49\x81\xff\xe8\x03\0\0\x75\xec\xf4",
    # mov x27, #0; 1: mov x0, #53; svc #0; add x27, x27, #1; cmp x27, #1000; b.ne 1b; udf
    "arm64": struct.pack("<7I", 0xD280001B, 0xD28006A0, 0xD4000001, 0x9100077B, 0xF10FA37F, 0x54FFFF81, 0),
}


@pytest.fixture(params=["native", "python"])
def helper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELF9_NATIVE", "1" if request.param == "native" else "0")


@pytest.mark.usefixtures("helper")
def test_many_calls(machine: Machine) -> None:
    seen: list[tuple[int, int]] = []

    def serve(number: int, sp: int) -> int:
        seen.append((number, sp))
        return -len(seen)

    machine.cpu.on_call = serve
    trap, entry = machine.run(LOOP[machine.target.name])
    assert trap.kind in ("general protection violation", "unknown")
    assert seen == [(53, machine.sp)] * 1000
    registers = machine.cpu.registers()
    if machine.target.name == "amd64":
        assert registers["rax"] == MASK - 999
        assert registers["rcx"] == entry + 8
        assert (registers["r14"], registers["r15"], registers["rsp"]) == (0, 1000, machine.sp)
        assert registers["r11"] & 0x203 == 0x203
        for name in ("rdx", "rbx", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r12", "r13"):
            assert registers[name] == POISON + NAMES["amd64"].index(name)
    else:
        assert registers["x0"] == MASK - 999
        assert (registers["x1"], registers["x2"]) == (machine.sp, entry + 12)
        # The comparison before the last call: 998 < 1000.
        assert registers["x3"] == 0x80000000
        assert registers["x27"] == 1000
        for number in range(4, 26):
            assert registers[f"x{number}"] == POISON + number


@pytest.mark.usefixtures("helper")
def test_a_late_call_that_does_not_return_yet(machine: Machine) -> None:
    calls = 0

    def serve(number: int, sp: int) -> int | None:
        nonlocal calls
        calls += 1
        return None if calls == 700 else 7

    machine.cpu.on_call = serve
    trap, entry = machine.run(LOOP[machine.target.name])
    after = entry + (8 if machine.target.name == "amd64" else 12)
    assert (trap.kind, trap.pc, machine.cpu.pc) == ("call", after, after)
    machine.cpu.call_return(9)
    registers = machine.cpu.registers()
    assert registers["rax" if machine.target.name == "amd64" else "x0"] == 9
    if machine.target.name == "amd64":
        assert registers["rcx"] == after
    assert machine.cpu.run().kind != "call"
    assert calls == 1000


@pytest.mark.usefixtures("helper")
def test_an_exception_in_a_late_call(machine: Machine) -> None:
    calls = 0

    def serve(number: int, sp: int) -> int:
        nonlocal calls
        calls += 1
        if calls == 700:
            raise ZeroDivisionError
        return 0

    machine.cpu.on_call = serve
    with pytest.raises(ZeroDivisionError):
        machine.run(LOOP[machine.target.name])
    assert calls == 700


@pytest.mark.usefixtures("helper")
def test_other_exceptions_after_many_calls(machine: Machine) -> None:
    """What the C hook hands on is reported as before."""
    machine.cpu.on_call = lambda number, sp: 0
    machine.run(LOOP[machine.target.name])
    code = b"\x90\xcc" if machine.target.name == "amd64" else struct.pack("<2I", 0xD503201F, 0xD4200000)
    trap, entry = machine.run(code)
    assert (trap.kind, trap.pc - entry) == ("breakpoint", len(code) // 2)
