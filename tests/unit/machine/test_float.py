"""SSE exceptions: status as an AMD EPYC gave it, whatever the order in which blocks of code are seen."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elf9.machine import amd64
from elf9.machine.amd64_exact import inexact
from elf9.machine.memory import EXECUTE, READ, Region

from .machines import Machine

PROTECTION = "general protection violation"
# movups 0x400000, xmm0; movups 0x400010, xmm1; ldmxcsr 0x400020
LOAD = b"\x0f\x10\x04\x25\0\0\x40\0\x0f\x10\x0c\x25\x10\0\x40\0\x0f\xae\x14\x25\x20\0\x40\0"
STORE = b"\x0f\xae\x1c\x25\x20\0\x40\0"  # stmxcsr 0x400020
HLT = b"\xf4"
DIVSD, ADDSD = b"\xf2\x0f\x5e\xc1", b"\xf2\x0f\x58\xc1"
ONE, ZERO, HUGE, MAX, SNAN, INF = 1.0, 0.0, 1e300, 1.7976931348623157e308, "snan", float("inf")


def doubles(*values: float | str) -> bytes:
    return b"".join(
        struct.pack("<Q", 0x7FF0000000000001) if isinstance(value, str) else struct.pack("<d", value)
        for value in values
    )


def floats(*values: float) -> bytes:
    return struct.pack("<4f", *values)


# name: (instruction, xmm0, xmm1, MXCSR, trapped, MXCSR's flags afterwards)
RECORDED: dict[str, tuple[bytes, bytes, bytes, int, bool, int]] = {
    "1/0": (DIVSD, doubles(ONE, ZERO), doubles(ZERO, ZERO), 0x1900, True, 0x04),
    "1/0 masked": (DIVSD, doubles(ONE, ZERO), doubles(ZERO, ZERO), 0x1F80, False, 0x04),
    "1/0, flags before": (DIVSD, doubles(ONE, ZERO), doubles(ZERO, ZERO), 0x1920, True, 0x24),
    "1/3": (DIVSD, doubles(ONE, ZERO), doubles(3, ZERO), 0x1900, False, 0x20),
    "1/3 with precision unmasked": (DIVSD, doubles(ONE, ZERO), doubles(3, ZERO), 0x0900, True, 0x20),
    "1/0 and 0/0": (b"\x66\x0f\x5e\xc1", doubles(ONE, ZERO), doubles(ZERO, ZERO), 0x1900, True, 0x05),
    "1/0 and 1/3": (b"\x66\x0f\x5e\xc1", doubles(ONE, ONE), doubles(ZERO, 3), 0x1900, True, 0x04),
    "4 floats": (b"\x0f\x5e\xc1", floats(1, 0, 2, 3), floats(0, 0, 1, 7), 0x1900, True, 0x05),
    "inexact overflow": (b"\xf2\x0f\x59\xc1", doubles(HUGE, ZERO), doubles(HUGE, ZERO), 0x1900, True, 0x28),
    "exact overflow": (ADDSD, doubles(MAX, ZERO), doubles(MAX, ZERO), 0x1900, True, 0x08),
    "exact overflow masked": (ADDSD, doubles(MAX, ZERO), doubles(MAX, ZERO), 0x1F80, False, 0x28),
    "overflow in a conversion": (b"\xf2\x0f\x5a\xc1", doubles(ZERO, ZERO), doubles(HUGE, ZERO), 0x1900, True, 0x28),
    "overflow in a lane": (b"\xf2\x0f\x7c\xc1", floats(3e38, 3e38, 1, 1), floats(1, 1, 1, 1), 0x1900, True, 0x08),
    "underflow": (b"\xf2\x0f\x59\xc1", doubles(1e-300, ZERO), doubles(1e-300, ZERO), 0x1900, False, 0x30),
    "sqrt(-1)": (b"\xf2\x0f\x51\xc1", doubles(ZERO, ZERO), doubles(-ONE, ZERO), 0x1900, True, 0x01),
    "comisd of a quiet NaN": (b"\x66\x0f\x2f\xc1", doubles(float("nan"), 0), doubles(ONE, 0), 0x1900, True, 0x01),
    "ucomisd of a quiet NaN": (b"\x66\x0f\x2e\xc1", doubles(float("nan"), 0), doubles(ONE, 0), 0x1900, False, 0),
    "ucomisd of a signalling NaN": (b"\x66\x0f\x2e\xc1", doubles(SNAN, 0), doubles(ONE, 0), 0x1900, True, 0x01),
    "cmpeqsd of a quiet NaN": (b"\xf2\x0f\xc2\xc1\x00", doubles(float("nan"), 0), doubles(1, 0), 0x1900, False, 0),
    "cmpltsd of a quiet NaN": (b"\xf2\x0f\xc2\xc1\x01", doubles(float("nan"), 0), doubles(1, 0), 0x1900, True, 0x01),
    "minsd of a quiet NaN": (b"\xf2\x0f\x5d\xc1", doubles(float("nan"), 0), doubles(ONE, 0), 0x1900, True, 0x01),
    "inf-inf": (b"\xf2\x0f\x5c\xc1", doubles(INF, ZERO), doubles(INF, ZERO), 0x1900, True, 0x01),
    "cvttsd2si of 1e300": (b"\xf2\x0f\x2c\xc1", doubles(0, 0), doubles(HUGE, 0), 0x1900, True, 0x01),
    "cvttsd2si of 1.5": (b"\xf2\x0f\x2c\xc1", doubles(0, 0), doubles(1.5, 0), 0x1900, False, 0x20),
    "cvtps2dq of 1e30": (b"\x66\x0f\x5b\xc1", floats(0, 0, 0, 0), floats(1, 2, 3, 1e30), 0x1900, True, 0x01),
    "rcpps of 0": (b"\x0f\x53\xc1", floats(0, 0, 0, 0), floats(0, 0, 0, 3), 0x1900, False, 0),
    "rsqrtss of -1": (b"\xf3\x0f\x52\xc1", floats(0, 0, 0, 0), floats(-1, 0, 0, 3), 0x0000, False, 0),
}


@pytest.fixture(scope="module", params=["native", "python"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELF9_NATIVE", "1" if request.param == "native" else "0")
        machine = Machine("amd64")
        machine.cpu.unmap(machine.text)
        machine.text = Region(machine.target.text_base, 0x4000, READ | EXECUTE)
        machine.cpu.map(machine.text)
        yield machine
        machine.close()


def run(machine: Machine, code: bytes, xmm0: bytes, xmm1: bytes, mxcsr: int) -> tuple[str, int, int, int]:
    """Kind, offset of the trap behind the loads, its status, MXCSR's flags as stored."""
    machine.at = 0
    machine.cpu.forget_code(machine.text.base, machine.text.top)
    machine.data.view[:36] = xmm0 + xmm1 + struct.pack("<I", mxcsr)
    trap, entry = machine.run(LOAD + code + HLT)
    flags = struct.unpack("<I", machine.data.view[32:36])[0] & 0x3F
    return trap.kind, trap.pc - entry - len(LOAD), trap.status, flags


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(machine: Machine, name: str) -> None:
    code, xmm0, xmm1, mxcsr, trapped, flags = RECORDED[name]
    kind, at, status, stored = run(machine, code + STORE, xmm0, xmm1, mxcsr)
    if trapped:
        assert (kind, at, status) == ("floating point", 0, flags)
    else:
        assert (kind, stored) == (PROTECTION, flags)


def test_operands_are_as_before(machine: Machine) -> None:
    """An unmasked exception stores no result."""
    assert run(machine, DIVSD, doubles(ONE, 5), doubles(ZERO, 7), 0x1900)[0] == "floating point"
    assert isinstance(machine.cpu, amd64.Cpu)
    machine.cpu.detach()
    kept = bytes(machine.cpu.state[amd64._XMM_STATE : amd64._XMM_STATE_END])
    assert kept[:16] == doubles(ONE, 5)
    assert kept[64:80] == doubles(ZERO, 7)


def test_a_loop_entered_behind_its_first_instruction(machine: Machine) -> None:
    """The second instruction is watched before the first one is."""
    # jmp 2; 1: cvttsd2si xmm0, eax; 2: ucomisd xmm1, xmm1; dec ecx; jmp 1
    code = b"\xeb\x04\xf2\x0f\x2c\xc0\x66\x0f\x2e\xc9\xff\xc9\xeb\xf4"
    assert run(machine, code, doubles(HUGE, 0), doubles(ZERO, 0), 0x1900)[:3] == ("floating point", 2, 1)


@pytest.mark.parametrize("behind", [ADDSD, b"\x90"])
def test_arithmetic_at_the_end_of_a_page(machine: Machine, behind: bytes) -> None:
    """What follows is another block of code, which ran before."""
    second = 0x1000 - len(LOAD)  # offset of the second page
    # xor ecx, ecx; jmp to the second page
    code = b"\x31\xc9\xe9" + struct.pack("<i", second - 7)
    code = code.ljust(second - 4, b"\x90") + DIVSD
    # there: inc ecx; cmp 1, ecx; je back to the division
    code += behind + b"\xff\xc1\x83\xf9\x01\x74" + struct.pack("<b", -(4 + len(behind) + 7))
    xmm1 = doubles(ZERO, ZERO)
    assert run(machine, code, doubles(ONE, 0), xmm1, 0x1900)[:3] == ("floating point", second - 4, 4)


# At 0x400024: 0x1900.  ldmxcsr 0x400024.
UNMASK = b"\x0f\xae\x14\x25\x24\0\x40\0"


@pytest.mark.parametrize("again", [False, True], ids=["first", "seen"])
def test_masks_that_change(machine: Machine, again: bool) -> None:
    """Code translated while everything was masked is watched once something is not."""
    machine.data.view[36:40] = struct.pack("<I", 0x1900)
    # 1: movups xmm0, xmm2; divsd xmm1, xmm2; ldmxcsr; then the same again, or once more from the start
    part = b"\x0f\x28\xd0\xf2\x0f\x5e\xd1"
    code = part + UNMASK + (b"\xeb" + struct.pack("<b", -17) if again else part)
    found = run(machine, code, doubles(ONE, 0), doubles(ZERO, 0), 0x1F80)
    assert found[:3] == ("floating point", 3 if again else 18, 4)


def test_flags_survive_a_jump_behind_ldmxcsr(machine: Machine) -> None:
    # 1: divsd xmm1, xmm0; stmxcsr; jmp 1 once
    code = b"\x31\xc9" + DIVSD + STORE + b"\xff\xc1\x83\xf9\x02\x75\xef"
    assert run(machine, code, doubles(ONE, 0), doubles(3, 0), 0x1900)[3] == 0x20


@given(
    st.sampled_from([0x58, 0x59, 0x5C, 0x5E]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_inexact_of_doubles(opcode: int, a: float, b: float) -> None:
    """Where nothing over- or underflows, a result is exact if the operation can be undone."""
    from fractions import Fraction

    if opcode == 0x5E and b == 0:
        return
    operation = {0x58: "__add__", 0x59: "__mul__", 0x5C: "__sub__", 0x5E: "__truediv__"}[opcode]
    exact = getattr(Fraction(a), operation)(Fraction(b))
    try:
        rounded = float(exact)
    except OverflowError:
        return
    if rounded and abs(rounded) < 1e-290:
        return
    if exact and not rounded:
        return
    assert inexact(opcode, 0xF2, doubles(a, 0), doubles(b, 0)) == (Fraction(rounded) != exact)
